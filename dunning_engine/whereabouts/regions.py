"""Zones of regions, for countries with several zones that no library knows by region.

Source: the comments of `zone.tab` in the IANA time zone database, which name provinces and states (a copy is in the
`tzdata` package; a test compares the two). Where a region has places in several zones it has all of them. Two lines
follow the database's text files instead: Fernando de Noronha belongs to Pernambuco, and the Îles-de-la-Madeleine of
Quebec keep the time of Halifax.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

_TABLE = {
    "AU": {
        "Australia/Adelaide": "SA",
        "Australia/Brisbane": "QLD",
        "Australia/Broken_Hill": "NSW",
        "Australia/Darwin": "NT",
        "Australia/Eucla": "WA",
        "Australia/Hobart": "TAS",
        "Australia/Lindeman": "QLD",
        "Australia/Lord_Howe": "NSW",
        "Australia/Melbourne": "VIC",
        "Australia/Perth": "WA",
        "Australia/Sydney": "NSW ACT",
    },
    "BR": {
        "America/Araguaina": "TO",
        "America/Bahia": "BA",
        "America/Belem": "PA AP",
        "America/Boa_Vista": "RR",
        "America/Campo_Grande": "MS",
        "America/Cuiaba": "MT",
        "America/Eirunepe": "AM",
        "America/Fortaleza": "MA PI CE RN PB",
        "America/Maceio": "AL SE",
        "America/Manaus": "AM",
        "America/Noronha": "PE",
        "America/Porto_Velho": "RO",
        "America/Recife": "PE",
        "America/Rio_Branco": "AC",
        "America/Santarem": "PA",
        "America/Sao_Paulo": "GO DF MG ES RJ SP PR SC RS",
    },
    "CA": {
        "America/Atikokan": "ON NU",
        "America/Blanc-Sablon": "QC",
        "America/Cambridge_Bay": "NU",
        "America/Creston": "BC",
        "America/Dawson": "YT",
        "America/Dawson_Creek": "BC",
        "America/Edmonton": "AB BC NT SK",
        "America/Fort_Nelson": "BC",
        "America/Glace_Bay": "NS",
        "America/Goose_Bay": "NL",
        "America/Halifax": "NS PE QC",
        "America/Inuvik": "NT",
        "America/Iqaluit": "NU",
        "America/Moncton": "NB",
        "America/Rankin_Inlet": "NU",
        "America/Regina": "SK",
        "America/Resolute": "NU",
        "America/St_Johns": "NL",
        "America/Swift_Current": "SK",
        "America/Toronto": "ON QC",
        "America/Vancouver": "BC",
        "America/Whitehorse": "YT",
        "America/Winnipeg": "MB ON",
    },
    "ES": {
        "Africa/Ceuta": "CE ML",
        "Atlantic/Canary": "CN GC TF",
        "Europe/Madrid": (
            "AN AR AS CB CL CM CT EX GA IB MC MD NC PV RI VC A AB AL AV B BA BI BU C CA CC CO CR CS CU GI GR GU H HU "
            "J L LE LO LU M MA MU NA O OR P PM PO S SA SE SG SO SS T TE TO V VA VI Z ZA"
        ),
    },
    "MX": {
        "America/Bahia_Banderas": "NAY",
        "America/Cancun": "ROO",
        "America/Chihuahua": "CHH",
        "America/Ciudad_Juarez": "CHH",
        "America/Hermosillo": "SON",
        "America/Matamoros": "COA NLE TAM",
        "America/Mazatlan": "BCS NAY SIN",
        "America/Merida": "CAM YUC",
        "America/Mexico_City": "AGU CHP CMX COL GRO GUA HID JAL MEX MIC MOR OAX PUE QUE SLP TAB TLA VER ZAC",
        "America/Monterrey": "DUR COA NLE TAM",
        "America/Ojinaga": "CHH",
        "America/Tijuana": "BCN",
    },
    "PT": {
        "Atlantic/Azores": "20",
        "Atlantic/Madeira": "30",
        "Europe/Lisbon": "01 02 03 04 05 06 07 08 09 10 11 12 13 14 15 16 17 18",
    },
    # The Navajo Nation keeps daylight saving time; the library of US states knows only Phoenix.
    "US": {"America/Denver": "AZ"},
}


def _by_region() -> dict[str, tuple[str, ...]]:
    zones: dict[str, tuple[str, ...]] = {}
    for country, rows in _TABLE.items():
        for zone, regions in rows.items():
            for region in regions.split():
                code = f"{country}-{region}"
                zones[code] = (*zones.get(code, ()), zone)
    return zones


ZONES_OF_REGION: Mapping[str, tuple[str, ...]] = MappingProxyType(_by_region())
"""Zones by ISO 3166-2 code; for US states only what the library of states lacks."""
