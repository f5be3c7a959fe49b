"""What contracts bring: milestones, receipts, distributions

Revision ID: 0050
Revises: 0049
"""

import sqlalchemy as sa
from alembic import op

revision = "0050"
down_revision = '0049'
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "contract_milestone",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("contract_id", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("plan_fen", sa.BigInteger(), nullable=True),
        sa.Column("done_on", sa.Date(), nullable=True),
        sa.Column("revision", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint(
            "plan_fen is null or plan_fen > 0",
            name=op.f("ck_contract_milestone_plan_fen"),
        ),
        sa.ForeignKeyConstraint(
            ["contract_id"],
            ["tech_contract.id"],
            name=op.f("fk_contract_milestone_contract_id_tech_contract"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contract_milestone")),
    )
    with op.batch_alter_table("contract_milestone", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_contract_milestone_contract_id"),
            ["contract_id"],
            unique=False,
        )

    op.create_table(
        "contract_receipt",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("contract_id", sa.Integer(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column("note", sa.String(length=300), nullable=False),
        sa.Column("reverses_id", sa.Integer(), nullable=True),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.CheckConstraint(
            "reverses_id is null or note <> ''", name=op.f("ck_contract_receipt_note")
        ),
        sa.CheckConstraint(
            "(reverses_id is null and amount_fen > 0) or (reverses_id is not null and amount_fen < 0)",
            name=op.f("ck_contract_receipt_amount_fen"),
        ),
        sa.ForeignKeyConstraint(
            ["by_id"], ["person.id"], name=op.f("fk_contract_receipt_by_id_person")
        ),
        sa.ForeignKeyConstraint(
            ["contract_id"],
            ["tech_contract.id"],
            name=op.f("fk_contract_receipt_contract_id_tech_contract"),
        ),
        sa.ForeignKeyConstraint(
            ["reverses_id"],
            ["contract_receipt.id"],
            name=op.f("fk_contract_receipt_reverses_id_contract_receipt"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contract_receipt")),
        sa.UniqueConstraint("reverses_id", name="uq_contract_receipt_reverses"),
    )
    with op.batch_alter_table("contract_receipt", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_contract_receipt_by_id"), ["by_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_contract_receipt_contract_id"), ["contract_id"], unique=False
        )

    op.create_table(
        "distribution",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("contract_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("income_fen", sa.BigInteger(), nullable=False),
        sa.Column("costs_fen", sa.BigInteger(), nullable=False),
        sa.Column("net_before_fen", sa.BigInteger(), nullable=False),
        sa.Column("net_after_fen", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.String(length=10), nullable=False),
        sa.Column("brackets", sa.JSON(), nullable=False),
        sa.Column("floor_percent", sa.String(length=20), nullable=False),
        sa.Column("floor_basis", sa.String(length=80), nullable=False),
        sa.Column("rules", sa.JSON(), nullable=False),
        sa.Column("inventors_fen", sa.BigInteger(), nullable=False),
        sa.Column("institution_fen", sa.BigInteger(), nullable=False),
        sa.Column("office_fen", sa.BigInteger(), nullable=False),
        sa.Column("has_leader", sa.Boolean(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("planned_on", sa.Date(), nullable=False),
        sa.Column("settled_on", sa.Date(), nullable=True),
        sa.Column("revision", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint(
            "state <> 'in_publicity' or ends_on is not null",
            name=op.f("ck_distribution_ends_on"),
        ),
        sa.CheckConstraint(
            "state <> 'settled' or not has_leader or ends_on is not null",
            name=op.f("ck_distribution_leaders"),
        ),
        sa.CheckConstraint(
            "state in ('planned', 'in_publicity', 'settled', 'dropped')",
            name=op.f("ck_distribution_state"),
        ),
        sa.CheckConstraint(
            "inventors_fen + institution_fen + office_fen = net_after_fen - net_before_fen",
            name=op.f("ck_distribution_pools"),
        ),
        sa.CheckConstraint(
            "net_after_fen > net_before_fen", name=op.f("ck_distribution_net")
        ),
        sa.ForeignKeyConstraint(
            ["contract_id"],
            ["tech_contract.id"],
            name=op.f("fk_distribution_contract_id_tech_contract"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_distribution")),
    )
    with op.batch_alter_table("distribution", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_distribution_contract_id"), ["contract_id"], unique=False
        )
        batch_op.create_index(
            "uq_distribution_open",
            ["contract_id"],
            unique=True,
            sqlite_where=sa.text("state in ('planned', 'in_publicity')"),
            postgresql_where=sa.text("state in ('planned', 'in_publicity')"),
        )

    op.create_table(
        "inventor_share",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("distribution_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("percent", sa.String(length=20), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("is_leader", sa.Boolean(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("pdf", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint(
            "(pdf is null) = (sha256 is null)", name=op.f("ck_inventor_share_pdf")
        ),
        sa.CheckConstraint(
            "amount_fen >= 0", name=op.f("ck_inventor_share_amount_fen")
        ),
        sa.ForeignKeyConstraint(
            ["distribution_id"],
            ["distribution.id"],
            name=op.f("fk_inventor_share_distribution_id_distribution"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inventor_share")),
    )
    with op.batch_alter_table("inventor_share", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_inventor_share_distribution_id"),
            ["distribution_id"],
            unique=False,
        )


def downgrade():
    with op.batch_alter_table("inventor_share", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_inventor_share_distribution_id"))

    op.drop_table("inventor_share")
    with op.batch_alter_table("distribution", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_distribution_open",
            sqlite_where=sa.text("state in ('planned', 'in_publicity')"),
            postgresql_where=sa.text("state in ('planned', 'in_publicity')"),
        )
        batch_op.drop_index(batch_op.f("ix_distribution_contract_id"))

    op.drop_table("distribution")
    with op.batch_alter_table("contract_receipt", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_contract_receipt_contract_id"))
        batch_op.drop_index(batch_op.f("ix_contract_receipt_by_id"))

    op.drop_table("contract_receipt")
    with op.batch_alter_table("contract_milestone", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_contract_milestone_contract_id"))

    op.drop_table("contract_milestone")
