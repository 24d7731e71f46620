"""One durable workflow for each debtor, on a Temporal server: for fleets that one database does not carry."""

from dunning_engine.integrations.temporal.commands import Shown, Start
from dunning_engine.integrations.temporal.desk import Desk
from dunning_engine.integrations.temporal.fleet import Debtors, worker
from dunning_engine.integrations.temporal.workflow import DebtorWorkflow

__all__ = ["DebtorWorkflow", "Debtors", "Desk", "Shown", "Start", "worker"]
