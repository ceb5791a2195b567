"""The bank's business database: customers, accounts, cards, payments, and what was done about them."""

from sqlalchemy import CheckConstraint, Column, Date, ForeignKey, Integer, MetaData, String, Table

from agent.dialogue.identity import person_columns

metadata = MetaData()

customers = Table("customers", metadata, *person_columns(number_digits=7))

accounts = Table(
    "accounts",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("customer_id", ForeignKey("customers.id"), nullable=False, index=True),
    Column("kind", String(16), CheckConstraint("kind IN ('checking', 'savings')"), nullable=False),
    Column("balance_cents", Integer, nullable=False),
)

cards = Table(
    "cards",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("customer_id", ForeignKey("customers.id"), nullable=False, index=True),
    Column("kind", String(16), CheckConstraint("kind IN ('debit', 'credit')"), nullable=False),
    Column("last_four", String(4), nullable=False),
)

card_blocks = Table(
    "card_blocks",
    metadata,
    Column("number", Integer, primary_key=True),
    # One block a card, whoever asks how often; only a person lifts it.
    Column("card_id", ForeignKey("cards.id"), nullable=False, unique=True),
    Column("blocked_on", Date, nullable=False),
)

payments = Table(
    "payments",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("account_id", ForeignKey("accounts.id"), nullable=False, index=True),
    Column("booked_on", Date, nullable=False),
    Column("kind", String(16), CheckConstraint("kind IN ('card', 'transfer', 'cash', 'income')"), nullable=False),
    Column("counterparty", String(100), nullable=False),
    # Below zero where money left the account.
    Column("amount_cents", Integer, CheckConstraint("amount_cents != 0"), nullable=False),
)

disputes = Table(
    "disputes",
    metadata,
    Column("number", Integer, primary_key=True),
    # One case a payment.
    Column("payment_id", ForeignKey("payments.id"), nullable=False, unique=True),
    Column("reason", String(32), nullable=False),
    Column("opened_on", Date, nullable=False),
)
