"""The shop's business database: customers, what they ordered, and what became of it."""

from sqlalchemy import CheckConstraint, Column, Date, ForeignKey, Integer, MetaData, String, Table, UniqueConstraint

metadata = MetaData()

customers = Table(
    "customers",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("pseudonym", String(64), nullable=False, unique=True),
    Column("first_name", String(100), nullable=False),
    Column("surname", String(100), nullable=False),
)

products = Table(
    "products",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(100), nullable=False, unique=True),
    Column("price_cents", Integer, CheckConstraint("price_cents > 0"), nullable=False),
)

orders = Table(
    "orders",
    metadata,
    Column("id", String(16), primary_key=True),
    Column("customer_id", ForeignKey("customers.id"), nullable=False, index=True),
    Column("placed_on", Date, nullable=False),
    Column("ships_on", Date, nullable=False),
    Column("cancelled_on", Date),
)

order_lines = Table(
    "order_lines",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("order_id", ForeignKey("orders.id"), nullable=False),
    Column("product_id", ForeignKey("products.id"), nullable=False),
    Column("quantity", Integer, CheckConstraint("quantity > 0"), nullable=False),
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
