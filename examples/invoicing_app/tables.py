"""The app's own ledger, beside the tables of the engine in the same database."""

from sqlalchemy import CheckConstraint, Column, ForeignKey, Integer, MetaData, Table, Text

ledger = MetaData()

customers = Table(
    "app_customers",
    ledger,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("email", Text),
    Column("phone", Text),
    Column("address", Text, nullable=False),
    Column("country", Text),
    Column("zone", Text),
    Column("language", Text),
)

invoices = Table(
    "app_invoices",
    ledger,
    Column("number", Text, primary_key=True),
    Column("customer", Text, ForeignKey("app_customers.id"), nullable=False),
    Column("amount", Integer, nullable=False),  # cents, like every amount in this ledger
    Column("paid", Integer, nullable=False, default=0),
    Column("currency", Text, nullable=False),
    Column("issued", Text, nullable=False),
    Column("due", Text, nullable=False),
    Column("case_id", Text),  # empty where no policy looks after the invoice
    Column("not_dunned", Text, nullable=False, default=""),
    CheckConstraint("paid <= amount", name="no_overpayment"),
)

payments = Table(
    "app_payments",
    ledger,
    Column("reference", Text, primary_key=True),
    Column("invoice", Text, ForeignKey("app_invoices.number"), nullable=False),
    Column("amount", Integer, nullable=False),
    Column("paid_on", Text, nullable=False),
)
