"""What callers send."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal, TypeAlias

from pydantic import AwareDatetime, BaseModel, Field

Amount: TypeAlias = Annotated[Decimal, Field(gt=0)]


class NewCustomer(BaseModel):
    """Somebody who buys."""

    id: str
    name: str
    kind: Literal["business", "consumer"]
    email: str | None = None
    phone: str | None = None
    address: str = ""
    country: str | None = None
    zone: str | None = None
    language: str | None = None


class NewInvoice(BaseModel):
    """Something sold; amounts are text, as in "240.00"."""

    number: str
    customer: str
    amount: Amount
    currency: str
    issued: date
    due: date


class NewPayment(BaseModel):
    """Money that came; `reference` is the bank's own."""

    reference: str
    invoice: str
    amount: Amount
    paid_on: date


class Approval(BaseModel):
    """A person's yes to an action that waits for it."""

    case: str
    action: str
    by: str
    role: str


class Moment(BaseModel):
    """For trials: where to move the clock before the engine looks."""

    now: AwareDatetime
