"""Turns the Complete Journey into Cobi's records, one Parquet file for each type.

    python -m examples.complete_journey.convert TARGET [SOURCE]

Households become students, manufacturers shops, product categories tags, product types keywords, departments
categories, and each coupon of a campaign an offer that holds while the campaign runs. A purchase is a transaction and
three interactions: the shop's page, its tag, its keyword. A redeemed coupon is a revealed code.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import duckdb

from examples.complete_journey import source

# UUIDv5 in the namespace of URLs (RFC 9562 §5.5), so that the same row always becomes the same record.
UUID5 = r"""
create macro cobi_hash(name) as
    sha1('\x6B\xA7\xB8\x11\x9D\xAD\x11\xD1\x80\xB4\x00\xC0\x4F\xD4\x30\xC8'::blob || encode(name));
create macro cobi_text(h) as substr(h, 1, 8) || '-' || substr(h, 9, 4) || '-5' || substr(h, 14, 3) || '-'
    || substr('89ab', 1 + (instr('0123456789abcdef', substr(h, 17, 1)) - 1) % 4, 1) || substr(h, 18, 3)
    || '-' || substr(h, 21, 12);
create macro cobi_id(name) as cobi_text(cobi_hash(name));
"""

NAMED = 5
"""An offer's name tells so many of the product types its coupon covers, the most covered first."""

# Products the set sells but does not list have no manufacturer; their purchases go to a shop of their own.
_PRODUCTS = """
create view bought as
    select t.*, t.rowid_ as row_number,
        coalesce(p.manufacturer_id::varchar, 'unknown') as shop, p.product_category as tag, p.product_type as keyword
    from (select *, row_number() over () - 1 as rowid_ from read_parquet('{source}/transactions.parquet')) t
    left join read_parquet('{source}/products.parquet') p using (product_id);
create view products as select manufacturer_id::varchar as shop, * from read_parquet('{source}/products.parquet');
create view covered as
    select c.coupon_upc, c.campaign_id, p.manufacturer_id, p.product_type, count(distinct c.product_id) as products
    from read_parquet('{source}/coupons.parquet') c left join products p using (product_id)
    group by all;
create view coupon_shops as
    select coupon_upc, campaign_id,
        coalesce(arg_max(manufacturer_id, (products, -manufacturer_id)) filter (manufacturer_id is not null)::varchar,
                 'unknown') as shop
    from (select coupon_upc, campaign_id, manufacturer_id, sum(products) as products from covered group by all)
    group by all;
create view coupon_types as
    select *, row_number() over (partition by coupon_upc, campaign_id order by products desc, product_type) as place
    from (select coupon_upc, campaign_id, product_type, sum(products) as products from covered
          where product_type is not null group by all);
create view coupon_offers as
    select coupon_upc, campaign_id, shop, left('Coupon ' || coupon_upc || ' of campaign ' || campaign_id
        || coalesce(' for ' || string_agg(product_type, ', ' order by place), ''), 512) as name
    from coupon_shops left join (from coupon_types where place <= {told}) using (coupon_upc, campaign_id)
    group by coupon_upc, campaign_id, shop;
"""

_HOUSEHOLDS = """
    select household_id from read_parquet('{source}/transactions.parquet')
    union select household_id from read_parquet('{source}/coupon_redemptions.parquet')
"""

TYPES = {
    "shops": """
        select cobi_id('shop/' || shop) as shop_id, 'Manufacturer ' || shop as name, 'US' as region
        from (select shop from products union select 'unknown') order by shop""",
    "categories": """
        select cobi_id('category/' || department) as category_id, department as name
        from products where department is not null group by department order by department""",
    "tags": """
        select cobi_id('tag/' || product_category) as tag_id, product_category as name
        from products where product_category is not null group by product_category order by product_category""",
    "keywords": """
        select cobi_id('keyword/' || product_type) as keyword_id, product_type as name
        from products where product_type is not null group by product_type order by product_type""",
    "customers": f"""
        select cobi_id('household/' || household_id) as customer_id, cobi_id('user/' || household_id) as user_id,
            'US' as region
        from ({_HOUSEHOLDS}) order by household_id""",
    "offers": """
        select cobi_id('offer/' || coupon_upc || '/' || campaign_id) as offer_id, cobi_id('shop/' || shop) as shop_id,
            name, 'percentage' as type, 10.0 as value,
            'US' as region, d.start_date::timestamp as allowed_from, d.end_date::timestamp as allowed_to
        from coupon_offers join read_parquet('{source}/campaign_descriptions.parquet') d using (campaign_id)
        order by coupon_upc, campaign_id""",
    "shop-categories": """
        select cobi_id('shop-category/' || shop || '/' || department) as shop_category_id,
            cobi_id('shop/' || shop) as shop_id, cobi_id('category/' || department) as category_id, 'US' as region
        from products where department is not null group by shop, department order by shop, department""",
    "shop-tags": """
        select cobi_id('shop-tag/' || shop || '/' || product_category) as shop_tag_id,
            cobi_id('shop/' || shop) as shop_id, cobi_id('tag/' || product_category) as tag_id
        from products where product_category is not null group by shop, product_category
        order by shop, product_category""",
    "shop-keywords": """
        select cobi_id('shop-keyword/' || shop || '/' || product_type) as shop_keyword_id,
            cobi_id('shop/' || shop) as shop_id, cobi_id('keyword/' || product_type) as keyword_id
        from products where product_type is not null group by shop, product_type order by shop, product_type""",
    "transactions": """
        select cobi_id('transaction/' || basket_id || '/' || product_id || '/' || row_number) as transaction_id,
            cobi_id('shop/' || shop) as shop_id, cobi_id('household/' || household_id) as student_id, 'US' as region,
            abs(coupon_disc + coupon_match_disc + retail_disc) as savings, sales_value as amount,
            'in-store' as source, transaction_timestamp::timestamp as created
        from bought order by row_number""",
    "user-interactions": """
        select interaction_type, item_type, cobi_id(item) as item_id,
            cobi_id('household/' || household_id) as student_id,
            epoch_us(moment::timestamp) as event_timestamp, 'OTHER' as platform
        from (
            select 'PAGE_VIEW' as interaction_type, 'SHOP' as item_type, 'shop/' || shop as item, household_id,
                transaction_timestamp as moment from bought
            union all select 'FILTER_CLICK', 'TAG', 'tag/' || tag, household_id, transaction_timestamp
                from bought where tag is not null
            union all select 'FILTER_CLICK', 'KEYWORD', 'keyword/' || keyword, household_id, transaction_timestamp
                from bought where keyword is not null
            union all select 'DISCOUNT_CODE', 'OFFER', 'offer/' || coupon_upc || '/' || campaign_id, household_id,
                redemption_date from read_parquet('{source}/coupon_redemptions.parquet')
        ) order by moment""",
}
"""A query for each type, in the order in which the types may be uploaded."""


def convert(directory: Path, target: Path) -> Iterator[tuple[str, Path, int]]:
    """Write one Parquet file for each record type; yields the type, the file and its number of records."""
    target.mkdir(parents=True, exist_ok=True)
    connection = duckdb.connect(config={"threads": 2, "memory_limit": "2GB"})
    connection.execute(UUID5)
    connection.execute(_PRODUCTS.format(source=directory, told=NAMED))
    for record_type, query in TYPES.items():
        path = target / f"{record_type}.parquet"
        copied = connection.execute(
            f"copy ({query.format(source=directory)}) to '{path}' (format parquet)"
        ).fetchone()
        yield record_type, path, copied[0] if copied else 0


def main(target: str, given: str | None = None) -> None:
    """Convert, and say how many records there are of each type."""
    for record_type, _, count in convert(source.find(given), Path(target)):
        print(f"  {record_type}: {count:,} records", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
