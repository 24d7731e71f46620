"""Write the CSV files and documents of `examples/portfolio`: always the same bytes, so that a diff shows what was changed on purpose."""

import csv
import random
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

TARGET = Path(__file__).parents[1] / "examples/portfolio"
FIRST, LAST, EXPORTED = date(2026, 1, 5), date(2026, 4, 30), date(2026, 6, 2)

# habit | id | name | e-mail | phone | street | city | postal code | region | country | zone | language
# habit: p pays promptly, l late, s slowly, n hardly ever; invented people, fictitious numbers, real places
# B-2003, B-2007 and B-2012 have no street and city here: their e-invoices tell the address
DEBTORS = """
p|C-1001|Mira Castellan|mira.castellan@example.org|+12155550101|14 Larch Street|Philadelphia|19103|PA|US|America/New_York|en
l|C-1002|Tobias Wren|t.wren@example.net|+12125550102|220 Alder Avenue|New York|10025|NY|US||en
l|C-1003|Jolene Abara|jolene.abara@example.com|+14045550103|9 Peach Hollow|Atlanta|30307|GA|US|America/New_York|en
s|C-1004|Radek Holloway|radek@example.org|+16175550104|71 Quarry Road|Boston|02118|MA|US||en
p|C-1005|Simone Park-Ellery|simone.pe@example.net||3 Heron Court|Raleigh|27601|NC|US|America/New_York|en
l|C-1006|Deshawn Iversen|d.iversen@example.com|+13055550106|410 Coral Way|Miami|33145|FL|US||en
n|C-1007|Agnes Thornbury|agnes.t@example.org|+12165550107|88 Mill Street|Cleveland|44113|OH|US|America/New_York|en
p|C-1008|Luca Fairweather|luca.f@example.net|+13135550108|5 Foundry Lane|Detroit|48226|MI|US||en
p|C-1009|Priya Lindqvist|priya.l@example.com|+17035550109|62 Dogwood Terrace|Arlington|22201|VA|US|America/New_York|en
s|C-1010|Marcus Oyelaran|marcus.o@example.org|+14105550110|19 Harbor Steps|Baltimore|21230|MD|US||en
p|C-1011|Hattie Bloom|hattie.bloom@example.net|+18025550111|7 Sugarbush Road|Burlington|05401|VT|US||en
l|C-1012|Gideon Marsh|gideon.marsh@example.com|+13125550112|1450 Elm Parkway|Chicago|60614|IL|US|America/Chicago|en
p|C-1013|Rosa Villarreal|rosa.v@example.org|+17135550113|28 Bayou Bend|Houston|77007|TX|US||en
s|C-1014|Caleb Nordstrand|caleb.n@example.net|+16125550114|316 Linden Hills|Minneapolis|55410|MN|US|America/Chicago|en
l|C-1015|Yvette Dumaine|yvette.d@example.com|+15045550115|77 Magnolia Row|New Orleans|70115|LA|US||en
n|C-1016|Dale Huxtable||+14145550116|902 Brewer Street|Milwaukee|53202|WI|US|America/Chicago|en
p|C-1017|Noor Siddiqui|noor.s@example.org|+16155550117|45 Cumberland Bend|Nashville|37203|TN|US||en
l|C-1018|Walter Engle|walter.engle@example.net|+18165550118|12 Prairie View|Kansas City|64111|MO|US|America/Chicago|en
p|C-1019|Ines Calloway|ines.c@example.com|+14055550119|530 Redbud Drive|Oklahoma City|73103|OK|US||en
s|C-1020|Piotr Langley|piotr.l@example.org|+13035550120|8 Juniper Loop|Denver|80206|CO|US|America/Denver|en
l|C-1021|Marisol Reyes-Hart|marisol.rh@example.net|+17135550121|64 Franklin Ridge|El Paso|79902|TX|US|America/Denver|en
p|C-1022|Owen Tilbury|owen.t@example.com|+18015550122|150 Wasatch Lane|Salt Lake City|84103|UT|US||en
s|C-1023|Bettina Crowe|bettina.crowe@example.org||39 Copper Street|Boise|83702|ID|US|America/Boise|en
l|C-1024|Amir Soltani|amir.soltani@example.net|+16025550124|2201 Saguaro Drive|Phoenix|85016|AZ|US||en
p|C-1025|Leona Whitfield|leona.w@example.com|+12125550125|17 Mesa Court|Tucson|85719|AZ|US|America/Phoenix|en
n|C-1026|Curtis Baines|curtis.b@example.org|+19285550126|4 Ponderosa Way|Flagstaff|86001|AZ|US||en
l|C-1027|Hana Moriyama|hana.m@example.net|+12065550127|83 Fremont Slope|Seattle|98103|WA|US|America/Los_Angeles|en
p|C-1028|Ezra Lockwood|ezra.l@example.com|+15035550128|29 Hawthorn Block|Portland|97214|OR|US||en
s|C-1029|Fatima Delacroix|fatima.d@example.org|+14155550129|611 Fog Hill|San Francisco|94117|CA|US|America/Los_Angeles|en
l|C-1030|Grant Ostrowski|grant.o@example.net|+13055550130|1804 Palm Crest|Los Angeles|90026|CA|US||en
p|C-1031|Delphine Achebe|delphine.a@example.com|+16195550131|55 Cove Street|San Diego|92103|CA|US||en
n|C-1032|Russell Pike|russell.pike@example.org|+17025550132|940 Desert Bloom|Las Vegas|89104|NV|US|America/Los_Angeles|en
l|C-1033|Sigrid Amaro|sigrid.a@example.net|+19075550133|21 Spruce Landing|Anchorage|99501|AK|US|America/Anchorage|en
s|C-1034|Jonah Kettle|jonah.k@example.com|+19075550134|6 Ferry Road|Juneau|99801|AK|US||en
l|C-1035|Kalani Brookes|kalani.b@example.org|+18085550135|310 Plumeria Place|Honolulu|96816|HI|US|Pacific/Honolulu|en
l|C-1036|Vernon Achterberg|vernon.a@example.net|+13125550136|48 Lava Rock Road|Hilo|96720|HI|US||en
s|C-1037|Lucia Marrero|lucia.m@example.com|+17875550137|12 Calle Almendro|San Juan|00907|PR|US|America/Puerto_Rico|en
p|C-1038|Ramon Ortega-Lis||+17875550138|90 Calle Ceiba|Ponce|00730|PR|US||en
l|C-1039|Tess Guerrero|tess.g@example.org|+12125550139|27 Tamuning Heights|Tamuning|96913|GU|US|Pacific/Guam|en
n|C-1040|Alex Doe-Martin|alex.dm@example.net||||||US||en
p|B-2001|Kontor Lindental GmbH|kreditoren@lindental.example.com|+493023125001|Akazienstr. 4|Berlin|10823|BE|DE|Europe/Berlin|de
l|B-2002|Hotel Möwenfleet KG|buchhaltung@moewenfleet.example.org|+494066969002|Uferweg 12|Hamburg|22767|HH|DE||de
l|B-2003|Lichthaus Amselgrund GmbH|rechnung@amselgrund.example.net|+498999998003|||80469|BY|DE|Europe/Berlin|de
n|B-2004|Werkstatt Sonnleiten|post@sonnleiten.example.com||||||||de
l|B-2005|Atelier Rouvière SARL|compta@rouviere.example.org|+33199000005|8 rue du Tilleul|Paris|75011|75C|FR|Europe/Paris|fr
s|B-2006|Maison Belcastel|factures@belcastel.example.net|+33465710006|31 quai des Tanneurs|Lyon|69002|69|FR||fr
s|B-2007|Librairie Chantemarée SAS|achats@chantemaree.example.com|+33465710007|||13002|13|FR|Europe/Paris|fr
l|B-2008|Brouwerling & Zoon B.V.|administratie@brouwerling.example.org|+31200000008|Kadestraat 40|Amsterdam|1011 AB|NH|NL||en
p|B-2009|De Lantaarnlust B.V.||+31100000009|Havenlaan 7|Rotterdam|3011 GZ|ZH|NL|Europe/Amsterdam|en
p|B-2010|Curlewmere House Ltd|accounts@curlewmere.example.net|+353209120010|2 Strand Road|Galway|H91 E2R0|G|IE|Europe/Dublin|en
l|B-2011|Marlfield Interiors Ltd|ap@marlfield.example.com|+353209120011|18 Weavers Row|Cork|T12 W8KX|CO|IE||en
l|B-2012|Dunlin Bay Stores Ltd|payables@dunlinbay.example.org|+353209120012|||D08 X9F2|D|IE|Europe/Dublin|en
p|B-2013|Casa Olivarda SL|pagos@olivarda.example.net||Calle del Fresno 22|Madrid|28004|MD|ES||en
l|B-2014|Bazar Tamarán SL|facturas@tamaran.example.com|+34928000014|Calle Drago 3|Las Palmas de Gran Canaria|35001|GC|ES||en
s|B-2015|Hotel Nube Altazor SL|admin@nube-altazor.example.org||Avenida Laurisilva 15|Santa Cruz de Tenerife|38001|TF|ES|Atlantic/Canary|en
s|B-2016|Studio Cardellini Srl|amministrazione@cardellini.example.net|+390200000016|Via dei Gelsi 11|Milano|20121|MI|IT||en
p|B-2017|Papierhaus Enzian OG|office@enzian-papier.example.com|+4310000017|Rosengasse 2|Wien|1070|9|AT|Europe/Vienna|de
l|B-2018|Galeria Jaskółcza sp. z o.o.|faktury@jaskolcza.example.org|+48220000018|ul. Lipowa 30|Warszawa|00-316|14|PL||en
l|B-2019|Livraria Azinheira Lda|contas@azinheira.example.net|+351210000019|Rua da Cortiça 8|Lisboa|1200-109|11|PT|Europe/Lisbon|en
s|B-2020|Quinta Brumalta Lda|geral@brumalta.example.com|+351296000020|Canada do Moinho 1|Ponta Delgada|9500-150|20|PT||en
"""

# What happened to the last invoice of a debtor: days after due and the fact; {all}, {half}, {rest} are its amounts, {+n} a day.
STORIES = {
    "C-1003": [(9, "promise of {all} by {+16}"), (16, "payment of {all}")],
    "C-1006": [(12, "promise of {all} by {+19}")],
    "C-1009": [(8, "promise of {half} by {+15}"), (15, "payment of {half}"), (22, "promise of {rest} by {+29}")],
    "C-1012": [(6, "dispute opened"), (20, "dispute closed")],
    "C-1015": [(5, "dispute opened")],
    "C-1018": [(4, "hold placed"), (19, "hold lifted")],
    "C-1021": [(10, "conversation by call")],
    "C-1024": [(11, "conversation by call"), (20, "payment of {all}")],
    "C-1027": [(7, "opted out of email")],
    "C-1030": [(16, "plan agreed")],
    "C-1033": [(18, "bankrupt")],
    "C-1036": [(15, "deceased")],
    "C-1039": [(10, "payment of {half}")],
    "B-2002": [(14, "promise of {all} by {+24}"), (24, "payment of {all}")],
    "B-2005": [(15, "promise of {all} by {+25}")],
    "B-2008": [(8, "dispute opened"), (29, "dispute closed")],
    "B-2011": [(22, "bankrupt")],
    "B-2014": [(11, "hold placed")],
}
STORIES_END = date(2026, 3, 20)  # their invoices are issued by then, so that what follows falls into the 120 days
# how an invoice ends, by habit: weights of on time, late, slow, part, never
HABITS = {"p": (85, 15, 0, 0, 0), "l": (20, 55, 20, 5, 0), "s": (5, 25, 45, 10, 15), "n": (0, 0, 5, 20, 75)}
DELAYS = {"on time": (-8, 2), "late": (1, 12), "slow": (8, 45), "part": (4, 20)}
INVOICE_COLUMNS = [
    "Invoice No", "Customer No", "Issued", "Due", "Amount", "Currency", "Paid on", "Paid amount", "Disputed", "Policy",
]  # fmt: skip
DEBTOR_COLUMNS = [
    "Customer No", "Name", "Kind", "Email", "Phone", "Street", "City", "Postal code", "Region", "Country", "Zone", "Language",
]  # fmt: skip


@dataclass
class Invoice:
    debtor: list[str]  # the debtor's row of DEBTORS
    issued: date
    due: date
    cents: int
    number: str = ""
    paid_on: date | None = None
    paid: int = 0
    disputed: bool = False

    def row(self) -> list[str]:
        policy, currency = ("us-consumer", "USD") if self.debtor[1][0] == "C" else ("eu-business", "EUR")
        paid = [us_date(self.paid_on), money(self.paid)] if self.paid_on else ["", ""]
        disputed = "Yes" if self.disputed else "No"
        dates = [us_date(self.issued), us_date(self.due)]
        return [self.number, self.debtor[1], *dates, money(self.cents), currency, *paid, disputed, policy]


def us_date(day: date) -> str:
    return f"{day.month}/{day.day}/{day.year}"


def money(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02d}"


def weekday(day: date) -> date:
    """The day itself or the Monday after a weekend: neither offices nor banks book in between."""
    return day + timedelta(days=max(0, 7 - day.weekday()) if day.weekday() > 4 else 0)


def issue(rng: random.Random, debtor: list[str]) -> Invoice:
    consumer = debtor[1][0] == "C"
    last = STORIES_END if debtor[1] in STORIES else LAST
    issued = weekday(FIRST + timedelta(days=rng.randrange((last - FIRST).days)))
    terms = rng.choice([14, 14, 14, 30] if consumer else [14, 30, 30, 30])
    low, high = (3_200, 96_000) if consumer else (18_000, 1_240_000)
    cents = min(rng.randrange(low, high), rng.randrange(low, high))  # small invoices are the more frequent ones
    return Invoice(debtor, issued, issued + timedelta(days=terms), cents)


def settle(rng: random.Random, invoice: Invoice) -> None:
    outcome = rng.choices(["on time", "late", "slow", "part", "never"], HABITS[invoice.debtor[0]])[0]
    if outcome == "never":
        return
    day = weekday(max(invoice.due + timedelta(days=rng.randint(*DELAYS[outcome])), invoice.issued + timedelta(days=2)))
    if day < EXPORTED:
        invoice.paid_on = day
        invoice.paid = invoice.cents * rng.choice([3, 4, 5, 6]) // 10 if outcome == "part" else invoice.cents


def portfolio(rng: random.Random, debtors: list[list[str]]) -> list[Invoice]:
    invoices: list[Invoice] = []
    for group, count in ((debtors[:40], 130), (debtors[40:], 65)):
        owners = group * 2 + rng.choices(group, k=count - 2 * len(group))
        invoices += [issue(rng, owner) for owner in owners]
    invoices.sort(key=lambda invoice: (invoice.issued, invoice.debtor[1], invoice.due, invoice.cents))
    for index, invoice in enumerate(invoices, 1):
        invoice.number = f"K26-{index:04d}"
        settle(rng, invoice)
    for invoice in rng.sample(invoices, 16):
        invoice.disputed = True
    return invoices


def tell(invoices: list[Invoice]) -> list[tuple[str, str, str]]:
    """The rows of `events.csv`; the invoices they are about lose what the export would say of the same matter."""
    events = []
    for customer, facts in STORIES.items():
        owned = [invoice for invoice in invoices if invoice.debtor[1] == customer]
        told = owned[-1]
        told.paid_on, told.paid, told.disputed = None, 0, False
        half = told.cents // 2
        for days, words in facts:
            at = weekday(told.due + timedelta(days=days))
            text = words.format_map(
                {"all": money(told.cents), "half": money(half), "rest": money(told.cents - half)}
                | {f"+{n}": weekday(told.due + timedelta(days=n)).isoformat() for n in range(40)}
            )
            events.append((at.isoformat(), told.number, text))
            for invoice in owned:
                if text in {"bankrupt", "deceased"} and invoice.paid_on and invoice.paid_on >= at:
                    invoice.paid_on, invoice.paid = None, 0
    return sorted(events)


def save(name: str, header: list[str], rows: Iterable[Iterable[str]]) -> None:
    with (TARGET / name).open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([header, *rows])


def document(invoice: Invoice) -> str:
    """The invoice as the debtor got it."""
    _, customer, name, _, _, street, city, postal_code, *_ = invoice.debtor
    currency = "USD" if customer[0] == "C" else "EUR"
    return f"""Kestrel Lane Ltd
7 Sample Quay, Dublin D02 XX10, Ireland

{name}
{", ".join(line for line in (street, city, postal_code) if line)}

INVOICE {invoice.number}

Customer   {customer}
Issued     {invoice.issued}
Due        {invoice.due}
Amount     {money(invoice.cents)} {currency}
"""


def main() -> None:
    debtors = [line.split("|") for line in DEBTORS.strip().splitlines()]
    invoices = portfolio(random.Random(20260202), debtors)  # noqa: S311 - a portfolio, not a secret
    events = tell(invoices)
    events.append(("2026-04-08", "K26-E01", "payment of 1520.00"))  # less the credit note of 130.00
    events.append(("2026-04-20", "K26-E02", "payment of 500.00"))
    bad = [
        ["K26-0196", "C-1008", "2/30/2026", "3/16/2026", "84.00", "USD", "", "", "No", "us-consumer"],
        ["K26-0197", "B-2009", "3/9/2026", "4/8/2026", "640.00", "EUX", "", "", "No", "eu-business"],
    ]  # an impossible date and an unknown currency: what intake says of them is part of the demonstration
    save("invoices.csv", INVOICE_COLUMNS, [*(invoice.row() for invoice in invoices), *bad])
    papers = TARGET / "documents"
    papers.mkdir(exist_ok=True)
    latest = {invoice.debtor[1]: invoice for invoice in invoices}
    for invoice in map(latest.__getitem__, STORIES):  # a few: the others go out without, and the outbox says so
        (papers / f"{invoice.number}.txt").write_text(document(invoice), encoding="utf-8", newline="\n")
    kinds = {"C": "consumer", "B": "business"}
    save("debtors.csv", DEBTOR_COLUMNS, [[row[1], row[2], kinds[row[1][0]], *row[3:]] for row in debtors])
    save("events.csv", ["date", "case", "fact"], sorted(events))


if __name__ == "__main__":
    main()
