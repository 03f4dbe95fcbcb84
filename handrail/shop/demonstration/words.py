"""Invented names, places and products for the demonstration shop. None of them is anybody's."""

from __future__ import annotations

GIVEN = (
    "Adaly", "Benro", "Calla", "Darvin", "Elsin", "Fenna", "Gorrin", "Hesta", "Ivarro", "Jolen", "Kesra", "Lorvin", "Mirel",
    "Nadoro", "Osska", "Pellan", "Quilla", "Rovena", "Sandro", "Tilve", "Ulmar", "Vessa", "Wendol", "Xanni", "Yorick", "Zelma",
)  # fmt: skip
FAMILY_HEAD = (
    "Ash",
    "Bram",
    "Cor",
    "Dun",
    "Eld",
    "Far",
    "Glen",
    "Holt",
    "Ing",
    "Kar",
    "Lun",
    "Mar",
    "Nor",
    "Ost",
    "Pem",
    "Rav",
)
FAMILY_TAIL = (
    "berg",
    "croft",
    "dale",
    "ewic",
    "field",
    "gard",
    "holm",
    "ley",
    "mond",
    "quist",
    "rell",
    "strand",
    "ton",
    "wyck",
)
STREETS = (
    "Harbour Lane",
    "Mill Row",
    "Station Road",
    "Lime Walk",
    "Quay Street",
    "Orchard Way",
    "Foundry Lane",
    "North Parade",
)
CITIES = (
    ("Northquay", "US"), ("Elmsworth", "US"), ("Port Arlen", "US"), ("Cedar Hollow", "US"), ("Branfield", "GB"),
    ("Weidenau am See", "DE"), ("Lindberg an der Aue", "DE"), ("Vaucelles-sur-Orme", "FR"), ("Torremar", "ES"),
    ("Castel Verdano", "IT"), ("Oosterbroek", "NL"), ("Sjövallen", "SE"), ("Brzozowiec", "PL"), ("Vila Serrada", "PT"),
)  # fmt: skip
LANGUAGES = {
    "US": "en",
    "GB": "en",
    "DE": "de",
    "FR": "fr",
    "ES": "es",
    "IT": "it",
    "NL": "nl",
    "SE": "sv",
    "PL": "pl",
    "PT": "pt",
}
CARRIERS = ("Parcel North", "Swiftway", "Blue Courier")
REASONS = ("item arrived damaged", "one item missing", "not as described", "late delivery", "wrong size")

SERIES = ("Arvo", "Brisk", "Copperline", "Drift", "Ember", "Fjell", "Granite", "Halo")
# Kind, SKU letters, lowest and highest price in USD.
KINDS = (
    ("Tea Towel", "TWL", 4, 12), ("Mug", "MUG", 6, 18), ("Notebook", "NTB", 5, 22), ("Water Bottle", "BTL", 12, 35),
    ("Desk Lamp", "LMP", 25, 95), ("Kettle", "KTL", 30, 110), ("Backpack", "BPK", 45, 160), ("Rain Jacket", "JKT", 60, 190),
    ("Headphones", "HDP", 55, 320), ("Office Chair", "CHR", 140, 480), ("Espresso Machine", "ESP", 220, 760),
    ("Standing Desk", "DSK", 290, 890), ("Electric Bicycle", "BIK", 980, 1890),
)  # fmt: skip
