"""One durable workflow for each debtor, on a Temporal server: for fleets that one database does not carry."""

try:
    from dunning_engine.integrations.temporal.commands import Shown, Start
    from dunning_engine.integrations.temporal.desk import Desk
    from dunning_engine.integrations.temporal.fleet import Debtors, worker
    from dunning_engine.integrations.temporal.workflow import DebtorWorkflow
except ModuleNotFoundError as error:
    if (error.name or "").partition(".")[0] not in ("temporalio", "cryptography"):
        raise
    raise ImportError(f"this needs {error.name}: pip install 'dunning-engine[temporal]'") from error

__all__ = ["DebtorWorkflow", "Debtors", "Desk", "Shown", "Start", "worker"]
