"""What a computation case may hold: the facts of a sum or a period, and the figures and dates that follow."""

from __future__ import annotations

from typing import Final

from dunning_engine.testing.law_fields import COMMENTARY, COUNT, FLAG, MOMENT, NUMBER, TEXT, group, listed, needed, word

COMPUTED: Final = group(
    **dict.fromkeys(("days", "effective_days"), COUNT),
    **dict.fromkeys(
        (
            "annual_interest",
            "annual_rate_pct",
            "daily_rounded",
            "fixed_sum",
            "flat_fee",
            "interest",
            "interest_act_365",
            "interest_act_act",
            "interest_base",
            "interest_daily_rounded_first",
            "interest_exact",
            "interest_published_daily_rate",
            "interest_unrounded_daily",
            "total_claim",
            "total_costs",
        ),
        NUMBER,
    ),
    **dict.fromkeys(
        (
            "assumed_receipt_earliest",
            "assumed_receipt_excluding_observed_holidays",
            "deadline_earliest",
            "default_from",
            "default_from_with_s193",
            "first_call_date",
            "first_counted_date",
            "first_email_date",
            "honour_by",
            "interest_from",
            "interest_starts",
            "last_day",
            "last_day_literal",
            "last_day_to_pay",
            "last_day_with_s193",
            "last_excluded_date",
            "reference_date",
            "relevant_day",
            "validation_period_end_earliest",
            "validation_period_end_excluding_observed_holidays",
        ),
        MOMENT,
    ),
    reason=word("NOT_COMMERCIAL", "REMINDER_REQUIRED"),
    segments=listed(group(from_=MOMENT, to=MOMENT, days=COUNT, rate_pct=NUMBER, amount_unrounded=NUMBER)),
)

COMPUTED_FROM: Final = group(
    **dict.fromkeys(("days", "contract_days"), COUNT),
    **dict.fromkeys(
        (
            "accrued_interest_eur",
            "annual_rate_pct",
            "bank_rate_pct",
            "ecb_mro_pct",
            "flat_fee",
            "lawyer_costs",
            "principal_eur",
            "principal_gbp",
            "published_daily_rate_pct",
        ),
        NUMBER,
    ),
    **dict.fromkeys(
        (
            "accrue_through",
            "actual_receipt_learned",
            "agreed_payment_day",
            "as_of",
            "assumed_receipt",
            "consent_received",
            "contract_due_date",
            "conversation_date",
            "default_from",
            "due",
            "ecb_reference_date",
            "goods_received",
            "invoice_received",
            "notice_of_amount",
            "notice_sent",
            "overdue_from",
            "performed",
            "provided",
            "relevant_day",
            "revocation_received",
        ),
        MOMENT,
    ),
    **dict.fromkeys(
        ("consequence_notice_on_invoice", "consumer", "debtor_consumer", "expressly_agreed", "grossly_unfair"), FLAG
    ),
    medium=word("oral", "written"),
    purchaser=word("private", "public_authority"),
    reading=word("statute", "safe"),
)

COMPUTATION_LAWS: Final = (
    "us/reg-f",
    "us/tcpa",
    "uk/late-payment",
    "eu/late-payment",
    "ie/late-payment",
    "de/verzug",
    "fr/l441-10",
)
COMPUTATION_CASE: Final = group(
    id=needed(TEXT),
    law=needed(word(*COMPUTATION_LAWS)),
    kind=needed(
        word(
            "validation_period",
            "email_handover",
            "cooling_off",
            "call_consent",
            "revocation",
            "interest",
            "fixed_sum",
            "payment_day",
            "start_of_default",
            "costs",
        )
    ),
    given=needed(COMPUTED_FROM),
    expected=needed(COMPUTED),
    not_=COMPUTED,
    method=TEXT,
    published_source=TEXT,
    **COMMENTARY,
)
