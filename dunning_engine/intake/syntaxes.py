"""Where UBL 2.1 and UN/CEFACT CII keep what a case needs: the same table of paths for both.

Terms (BT, BG) are those of EN 16931-1; the paths are its bindings CEN/TS 16931-3-2 (UBL) and 16931-3-3 (CII).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class PartyPaths:
    """Paths below a seller or buyer; of several the first that is there counts."""

    identity: tuple[str, ...]
    name: tuple[str, ...]
    lines: tuple[str, ...]
    postal_code: str
    city: str
    region: str
    country: str
    email: tuple[str, ...]
    phone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Syntax:
    """Paths below the root of an invoice."""

    namespaces: Mapping[str, str]
    number: str
    """BT-1"""
    issued: str
    """BT-2"""
    kind: tuple[str, ...]
    """BT-3, a code of UNTDID 1001"""
    currency: str
    """BT-5"""
    due: tuple[str, ...]
    """BT-9"""
    period: tuple[str, ...]
    """A length of time from the issue date, with its unit as an attribute"""
    terms: str
    """BT-20, in words"""
    amount: str
    """BT-115"""
    preceding: str
    """BT-25"""
    seller: str
    """BG-4"""
    buyer: str
    """BG-7"""
    party: PartyPaths


_UBL: Final = "urn:oasis:names:specification:ubl:schema:xsd:"
_CII: Final = "urn:un:unece:uncefact:data:standard:"
_DEAL: Final = "rsm:SupplyChainTradeTransaction/"
_SETTLEMENT: Final = f"{_DEAL}ram:ApplicableHeaderTradeSettlement/"

UBL: Final = Syntax(
    namespaces=MappingProxyType({"cac": f"{_UBL}CommonAggregateComponents-2", "cbc": f"{_UBL}CommonBasicComponents-2"}),
    number="cbc:ID",
    issued="cbc:IssueDate",
    kind=("cbc:InvoiceTypeCode", "cbc:CreditNoteTypeCode"),
    currency="cbc:DocumentCurrencyCode",
    due=(
        "cbc:DueDate",
        "cac:PaymentTerms/cbc:PaymentDueDate",
        "cac:PaymentTerms/cbc:InstallmentDueDate",
        "cac:PaymentMeans/cbc:PaymentDueDate",
        "cac:PaymentTerms/cac:SettlementPeriod/cbc:EndDate",
    ),
    period=("cac:PaymentTerms/cac:SettlementPeriod/cbc:DurationMeasure",),
    terms="cac:PaymentTerms/cbc:Note",
    amount="cac:LegalMonetaryTotal/cbc:PayableAmount",
    preceding="cac:BillingReference/cac:InvoiceDocumentReference/cbc:ID",
    seller="cac:AccountingSupplierParty/cac:Party",
    buyer="cac:AccountingCustomerParty/cac:Party",
    party=PartyPaths(
        identity=(
            "cac:PartyIdentification/cbc:ID",
            "cbc:EndpointID",
            "cac:PartyLegalEntity/cbc:CompanyID",
            "cac:PartyTaxScheme/cbc:CompanyID",
        ),
        name=("cac:PartyLegalEntity/cbc:RegistrationName", "cac:PartyName/cbc:Name"),
        lines=(
            "cac:PostalAddress/cbc:StreetName",
            "cac:PostalAddress/cbc:AdditionalStreetName",
            "cac:PostalAddress/cac:AddressLine/cbc:Line",
        ),
        postal_code="cac:PostalAddress/cbc:PostalZone",
        city="cac:PostalAddress/cbc:CityName",
        region="cac:PostalAddress/cbc:CountrySubentity",
        country="cac:PostalAddress/cac:Country/cbc:IdentificationCode",
        email=("cac:Contact/cbc:ElectronicMail", "cbc:EndpointID[@schemeID='EM']"),
        phone="cac:Contact/cbc:Telephone",
    ),
)

CII: Final = Syntax(
    namespaces=MappingProxyType(
        {
            "rsm": f"{_CII}CrossIndustryInvoice:100",
            "ram": f"{_CII}ReusableAggregateBusinessInformationEntity:100",
            "udt": f"{_CII}UnqualifiedDataType:100",
        }
    ),
    number="rsm:ExchangedDocument/ram:ID",
    issued="rsm:ExchangedDocument/ram:IssueDateTime/udt:DateTimeString",
    kind=("rsm:ExchangedDocument/ram:TypeCode",),
    currency=f"{_SETTLEMENT}ram:InvoiceCurrencyCode",
    due=(f"{_SETTLEMENT}ram:SpecifiedTradePaymentTerms/ram:DueDateDateTime/udt:DateTimeString",),
    period=(f"{_SETTLEMENT}ram:SpecifiedTradePaymentTerms/ram:SettlementPeriodMeasure",),
    terms=f"{_SETTLEMENT}ram:SpecifiedTradePaymentTerms/ram:Description",
    amount=f"{_SETTLEMENT}ram:SpecifiedTradeSettlementHeaderMonetarySummation/ram:DuePayableAmount",
    preceding=f"{_SETTLEMENT}ram:InvoiceReferencedDocument/ram:IssuerAssignedID",
    seller=f"{_DEAL}ram:ApplicableHeaderTradeAgreement/ram:SellerTradeParty",
    buyer=f"{_DEAL}ram:ApplicableHeaderTradeAgreement/ram:BuyerTradeParty",
    party=PartyPaths(
        identity=(
            "ram:GlobalID",
            "ram:ID",
            "ram:URIUniversalCommunication/ram:URIID",
            "ram:SpecifiedLegalOrganization/ram:ID",
            "ram:SpecifiedTaxRegistration/ram:ID",
        ),
        name=("ram:Name", "ram:SpecifiedLegalOrganization/ram:TradingBusinessName"),
        lines=(
            "ram:PostalTradeAddress/ram:LineOne",
            "ram:PostalTradeAddress/ram:LineTwo",
            "ram:PostalTradeAddress/ram:LineThree",
        ),
        postal_code="ram:PostalTradeAddress/ram:PostcodeCode",
        city="ram:PostalTradeAddress/ram:CityName",
        region="ram:PostalTradeAddress/ram:CountrySubDivisionName",
        country="ram:PostalTradeAddress/ram:CountryID",
        email=(
            "ram:DefinedTradeContact/ram:EmailURIUniversalCommunication/ram:URIID",
            "ram:URIUniversalCommunication/ram:URIID[@schemeID='EM']",
        ),
        phone="ram:DefinedTradeContact/ram:TelephoneUniversalCommunication/ram:CompleteNumber",
    ),
)

ROOTS: Final[Mapping[str, Syntax]] = MappingProxyType({
    f"{{{_UBL}Invoice-2}}Invoice": UBL,
    f"{{{_UBL}CreditNote-2}}CreditNote": UBL,
    f"{{{_CII}CrossIndustryInvoice:100}}CrossIndustryInvoice": CII,
})  # fmt: skip
"""The syntax by the name of the root element."""

CREDIT_NOTES: Final = frozenset({"81", "83", "261", "262", "296", "308", "381", "396", "420", "458", "532"})
"""Codes of UNTDID 1001 that EN 16931 reads as credit notes; everything else is an invoice."""
