"""The words of the invented marketplace: regions, themes, institutes, courses."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class City:
    """A city with its centre in degrees."""

    name: str
    latitude: float
    longitude: float


@dataclass(frozen=True, slots=True)
class Region:
    """A country the marketplace serves, by its ISO 3166-1 alpha-2 code."""

    code: str
    country: str
    currency: str
    weight: float  # its share of the students, before rounding
    cities: tuple[City, ...]


@dataclass(frozen=True, slots=True)
class Theme:
    """A category with its four tags, twelve keywords, and what its shops call themselves."""

    category: str
    tags: tuple[str, ...]
    keywords: tuple[str, ...]
    shop_nouns: tuple[str, ...]
    basket: float  # typical purchase, in units of currency


REGIONS = (
    Region(
        "BH",
        "Bahrain",
        "BHD",
        0.34,
        (City("Manama", 26.22, 50.59), City("Riffa", 26.13, 50.56), City("Muharraq", 26.26, 50.61)),
    ),
    Region(
        "AE",
        "United Arab Emirates",
        "AED",
        0.30,
        (City("Dubai", 25.2, 55.27), City("Abu Dhabi", 24.45, 54.38), City("Sharjah", 25.35, 55.42)),
    ),
    Region(
        "SA",
        "Saudi Arabia",
        "SAR",
        0.22,
        (City("Riyadh", 24.71, 46.68), City("Jeddah", 21.49, 39.19), City("Dammam", 26.42, 50.09)),
    ),
    Region(
        "KW",
        "Kuwait",
        "KWD",
        0.14,
        (City("Kuwait City", 29.38, 47.98), City("Hawalli", 29.33, 48.03), City("Salmiya", 29.33, 48.08)),
    ),
)


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.split(","))


THEMES = (
    Theme(
        "Restaurants",
        _words("pizza, burgers, sushi, shawarma"),
        _words(
            "delivery, family meal, vegan, halal, spicy, grill, lunch box, noodles, wraps, student "
            "menu, late night, buffet"
        ),
        _words("Kitchen, Oven, Grill House, Diner, Noodle Bar, Bistro"),
        9.0,
    ),
    Theme(
        "Coffee and sweets",
        _words("coffee, bakery, ice cream, tea"),
        _words(
            "latte, iced, croissant, brunch, matcha, doughnuts, karak, cake, study corner, roastery, "
            "waffles, bubble tea"
        ),
        _words("Roasters, Bakehouse, Tea Room, Creamery, Coffee Lab, Patisserie"),
        4.0,
    ),
    Theme(
        "Fashion",
        _words("streetwear, abayas, denim, accessories"),
        _words(
            "hoodies, summer sale, vintage, jackets, modest, oversized, bags, sunglasses, watches, "
            "knitwear, formal, new season"
        ),
        _words("Threads, Wardrobe, Outfitters, Denim Co., Boutique, Tailors"),
        22.0,
    ),
    Theme(
        "Shoes and sports",
        _words("sneakers, football, running, outdoor"),
        _words(
            "trainers, jerseys, padel, cycling, hiking, sandals, boots, swimwear, rackets, limited "
            "edition, team kit, camping"
        ),
        _words("Sole, Sports, Kickers, Athletics, Trail Store, Sneaker Club"),
        28.0,
    ),
    Theme(
        "Electronics",
        _words("laptops, phones, gaming, audio"),
        _words(
            "headphones, consoles, chargers, tablets, smart watch, monitors, keyboards, repairs, "
            "cameras, trade-in, phone cases, software"
        ),
        _words("Electronics, Digital, Gadget Bar, Computers, Sound, Tech Hub"),
        60.0,
    ),
    Theme(
        "Beauty",
        _words("skincare, make-up, haircare, perfume"),
        _words(
            "oud, salon, nails, barber, sunscreen, cruelty-free, gift set, spa, serum, lashes, haircut, "
            "fragrance"
        ),
        _words("Beauty, Salon, Perfumery, Glow Bar, Barbers, Skin Studio"),
        14.0,
    ),
    Theme(
        "Fitness and health",
        _words("gym, yoga, supplements, pharmacy"),
        _words(
            "protein, pilates, personal trainer, vitamins, crossfit, boxing, day pass, dental, optics, "
            "nutrition, physio, membership"
        ),
        _words("Fitness, Yoga House, Gym, Nutrition, Pharmacy, Wellness"),
        18.0,
    ),
    Theme(
        "Entertainment",
        _words("cinema, arcade, concerts, escape rooms"),
        _words(
            "tickets, bowling, karting, streaming, board games, comedy, theme park, karaoke, festival, "
            "museum, trampoline, virtual reality"
        ),
        _words("Cinemas, Arcade, Play House, Live, Escape Rooms, Lanes"),
        8.0,
    ),
    Theme(
        "Travel and transport",
        _words("flights, hotels, car rental, ride hailing"),
        _words(
            "weekend break, city tour, scooters, staycation, airport, bus pass, luggage, beach club, "
            "desert camp, visa help, hostel, ferry"
        ),
        _words("Travel, Airways, Stays, Rides, Journeys, Car Hire"),
        45.0,
    ),
    Theme(
        "Study and home",
        _words("books, stationery, online courses, furniture"),
        _words(
            "textbooks, printing, notebooks, tutoring, language course, desks, bedding, art supplies, "
            "laundry, plants, exam prep, kitchenware"
        ),
        _words("Books, Stationers, Learning, Home, Print Shop, Paper Co."),
        11.0,
    ),
)

SHOP_FIRST_WORDS = _words(
    "Pearl, Dhow, Palm, Cedar, Falcon, Marjan, Noor, Saffron, Dune, Lagoon, Sidra, Amber, "
    "Jasmine, Coral, Oasis, "
    "Compass, Lantern, Harbour, Olive, Zahra, Indigo, Copper, Gazelle, Mosaic, Citrus, Crescent"
)

INSTITUTES = _words(
    "Pearl Coast University, Gulf Harbour University, Najd Heights University, Salwa Bay University, "
    "Dilmun Institute of Technology, Creekside Business School, Red Sea College of Arts, Desert "
    "Rose College, "
    "Tylos Medical College, Palm Crescent University, Hijaz Institute of Science, Failaka "
    "Institute of Technology, "
    "Sitra College of Design, Falcon Polytechnic, Oasis Women's University, Jahra Business School, "
    "Awali School of Business, Marjan College of Media, Dhahran Coast Polytechnic, Kazma University, "
    "Muharraq Teachers' College, Liwa University, Asir Medical College, Boubyan College of Law"
)

COURSES = _words(
    "Accounting, Architecture, Artificial Intelligence, Banking and Finance, Biology, Business "
    "Administration, "
    "Chemical Engineering, Civil Engineering, Computer Science, Cyber Security, Dentistry, "
    "Economics, Education, "
    "Electrical Engineering, English Literature, Fine Arts, Graphic Design, History, Hospitality Management, "
    "Interior Design, Law, Marketing, Mathematics, Mechanical Engineering, Media and "
    "Journalism, Medicine, Nursing, "
    "Pharmacy, Political Science, Psychology"
)

BRANCH_PLACES = _words("City Centre, Seafront, Campus Gate, Old Market, Mall, Airport Road")
WEEKDAYS = _words("Monday, Tuesday, Wednesday, Thursday, Friday, Saturday, Sunday")
TAGS = tuple(tag for theme in THEMES for tag in theme.tags)
KEYWORDS = tuple(keyword for theme in THEMES for keyword in theme.keywords)
