"""The shop's business database: what it sells, who buys, what became of their orders, and what it may remember."""

from sqlalchemy import (
    CheckConstraint,
    Column,
    Date,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    UniqueConstraint,
)

metadata = MetaData()

customers = Table(
    "customers",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("pseudonym", String(64), nullable=False, unique=True),
    Column("first_name", String(100), nullable=False),
    Column("surname", String(100), nullable=False),
    Column("address", String(300), nullable=False),
)

products = Table(
    "products",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(100), nullable=False, unique=True),
    # What customers call all things like it, e.g. "headphones".
    Column("kind", String(100), nullable=False, index=True),
    Column("price_cents", Integer, CheckConstraint("price_cents > 0"), nullable=False),
    Column("stock", Integer, CheckConstraint("stock >= 0"), nullable=False),
    Column("about", String(500), nullable=False),
)

product_uses = Table(
    "product_uses",
    metadata,
    Column("product_id", ForeignKey("products.id"), primary_key=True),
    # What it is good for, e.g. "travel".
    Column("use", String(50), primary_key=True),
)

orders = Table(
    "orders",
    metadata,
    Column("id", String(16), primary_key=True),
    Column("customer_id", ForeignKey("customers.id"), nullable=False, index=True),
    Column("address", String(300), nullable=False),
    Column("shipping_cents", Integer, CheckConstraint("shipping_cents >= 0"), nullable=False),
    Column("placed_on", Date, nullable=False),
    Column("ships_on", Date, nullable=False),
    Column("cancelled_on", Date),
    # One order a confirmed request, however often that is made.
    Column("request_key", String(150), unique=True),
)

order_lines = Table(
    "order_lines",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("order_id", ForeignKey("orders.id"), nullable=False),
    Column("product_id", ForeignKey("products.id"), nullable=False),
    Column("quantity", Integer, CheckConstraint("quantity > 0"), nullable=False),
    # When it was ordered; a product's price may change afterwards.
    Column("price_cents", Integer, CheckConstraint("price_cents > 0"), nullable=False),
    UniqueConstraint("order_id", "product_id"),
)

shipments = Table(
    "shipments",
    metadata,
    Column("order_id", ForeignKey("orders.id"), primary_key=True),
    Column("carrier", String(50), nullable=False),
    Column("shipped_on", Date, nullable=False),
    Column("expected_on", Date, nullable=False),
    Column("delivered_on", Date),
)

returns = Table(
    "returns",
    metadata,
    Column("number", Integer, primary_key=True),
    # One return an item, whoever asks how often.
    Column("order_line_id", ForeignKey("order_lines.id"), nullable=False, unique=True),
    Column("opened_on", Date, nullable=False),
    Column("received_on", Date),
)

refunds = Table(
    "refunds",
    metadata,
    # One refund an order.
    Column("order_id", ForeignKey("orders.id"), primary_key=True),
    Column("amount_cents", Integer, CheckConstraint("amount_cents > 0"), nullable=False),
    Column("requested_on", Date, nullable=False),
    Column("paid_on", Date),
)

cases = Table(
    "cases",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("customer_id", ForeignKey("customers.id"), index=True),
    Column("grievance", String(1000), nullable=False),
    Column("serious", Integer, nullable=False),
    Column("opened_on", Date, nullable=False),
    Column("closed_on", Date),
    Column("request_key", String(150), unique=True),
)

preferences = Table(
    "preferences",
    metadata,
    # A row stands only for a customer who agreed to be remembered.
    Column("customer_id", ForeignKey("customers.id"), primary_key=True),
    Column("name", String(40)),
    Column("pace", String(10)),
    Column("language", String(8)),
    Column("agreed_on", Date, nullable=False),
)

interests = Table(
    "interests",
    metadata,
    Column("id", Integer, primary_key=True),
    # A customer's id, or a number from 1001 for somebody whose name the shop has not kept.
    Column("shopper", Integer, nullable=False),
    Column("product_id", ForeignKey("products.id"), nullable=False),
    # "bought", "viewed" on the shop's pages, or "asked" about in a call.
    Column("how", String(10), nullable=False),
    Column("happened_on", Date, nullable=False),
    Index("interests_by_shopper", "shopper"),
)

slates = Table(
    "slates",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("shopper", Integer, nullable=False),
    # What was proposed first, which of the candidates that is, and with which probability it was chosen.
    Column("product_id", ForeignKey("products.id"), nullable=False),
    Column("chosen", Integer, nullable=False),
    Column("probability", Float, nullable=False),
    # JSON: of each candidate its product and its features, see `suggestions`.
    Column("candidates", String(2000), nullable=False),
    Column("shown_on", Date, nullable=False),
    Column("taken", Integer, nullable=False),
    Index("slates_by_shopper", "shopper", "product_id"),
)
