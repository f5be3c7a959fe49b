"""Contracts: what both sides confirm, their papers, the entries of the ledger

Revision ID: 0049
Revises: 0048
"""

import sqlalchemy as sa
from alembic import op

revision = "0049"
down_revision = '0048'
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "tech_contract",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("deal_id", sa.Integer(), nullable=True),
        sa.Column("seller_id", sa.Integer(), nullable=True),
        sa.Column("buyer_id", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("signed_on", sa.Date(), nullable=True),
        sa.Column("filed_on", sa.Date(), nullable=True),
        sa.Column("accepted_on", sa.Date(), nullable=True),
        sa.Column("decide_by", sa.Date(), nullable=True),
        sa.Column("registry_no", sa.String(length=20), nullable=True),
        sa.Column("registry_office", sa.String(length=100), nullable=False),
        sa.Column("registered_on", sa.Date(), nullable=True),
        sa.Column("licence_filed_on", sa.Date(), nullable=True),
        sa.Column("refusal", sa.String(length=500), nullable=False),
        sa.Column("rules", sa.JSON(), nullable=False),
        sa.Column("source_name", sa.String(length=200), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("changed_at", sa.DateTime(), nullable=False),
        sa.Column("revision", sa.Integer(), server_default="1", nullable=False),
        sa.Column("contract_no", sa.String(length=40), nullable=True),
        sa.Column("title", sa.String(length=200), nullable=True),
        sa.Column("contract_type", sa.String(length=40), nullable=True),
        sa.Column("contract_subtype", sa.String(length=40), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("signed_place", sa.String(length=80), nullable=True),
        sa.Column("seller_name", sa.String(length=200), nullable=True),
        sa.Column("seller_country", sa.String(length=40), nullable=True),
        sa.Column("seller_district", sa.String(length=6), nullable=True),
        sa.Column("seller_nature", sa.String(length=40), nullable=True),
        sa.Column("buyer_name", sa.String(length=200), nullable=True),
        sa.Column("buyer_country", sa.String(length=40), nullable=True),
        sa.Column("buyer_district", sa.String(length=6), nullable=True),
        sa.Column("buyer_nature", sa.String(length=40), nullable=True),
        sa.Column("total_fen", sa.BigInteger(), nullable=True),
        sa.Column("tech_fen", sa.BigInteger(), nullable=True),
        sa.Column("payment_method", sa.String(length=40), nullable=True),
        sa.Column("payment_terms", sa.Text(), nullable=True),
        sa.Column("royalty_base", sa.String(length=40), nullable=True),
        sa.Column("royalty_rate", sa.String(length=80), nullable=True),
        sa.Column("audit_right", sa.Boolean(), nullable=True),
        sa.Column("ip_category", sa.String(length=40), nullable=True),
        sa.Column("tech_field", sa.String(length=40), nullable=True),
        sa.Column("goal", sa.String(length=40), nullable=True),
        sa.Column("plan_source", sa.String(length=40), nullable=True),
        sa.Column("industry_code", sa.String(length=5), nullable=True),
        sa.Column("is_hightech", sa.Boolean(), nullable=True),
        sa.Column("more_investment_fen", sa.BigInteger(), nullable=True),
        sa.Column("more_output_fen", sa.BigInteger(), nullable=True),
        sa.Column("scope", sa.Text(), nullable=True),
        sa.Column("plan", sa.Text(), nullable=True),
        sa.Column("patents", sa.Text(), nullable=True),
        sa.Column("license_scope", sa.Text(), nullable=True),
        sa.Column("report_form", sa.Text(), nullable=True),
        sa.Column("work_conditions", sa.Text(), nullable=True),
        sa.Column("acceptance", sa.Text(), nullable=True),
        sa.Column("result_rights", sa.Text(), nullable=True),
        sa.Column("improvements", sa.Text(), nullable=True),
        sa.Column("risk", sa.Text(), nullable=True),
        sa.Column("confidentiality", sa.Text(), nullable=True),
        sa.Column("breach", sa.Text(), nullable=True),
        sa.Column("disputes", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "contract_type is not null and contract_type in ('development', 'transfer', 'license', 'consulting', 'service')",
            name=op.f("ck_tech_contract_contract_type"),
        ),
        sa.CheckConstraint(
            "deal_id is not null or state in ('registered', 'cancelled')",
            name=op.f("ck_tech_contract_deal"),
        ),
        sa.CheckConstraint(
            "state <> 'not_registered' or refusal <> ''",
            name=op.f("ck_tech_contract_refusal"),
        ),
        sa.CheckConstraint(
            "state in ('drafting', 'confirming', 'signed', 'filed', 'accepted', 'registered', 'not_registered', 'cancelled')",
            name=op.f("ck_tech_contract_state"),
        ),
        sa.CheckConstraint(
            "state not in ('registered', 'cancelled') or (registry_no is not null and registered_on is not null)",
            name=op.f("ck_tech_contract_registered"),
        ),
        sa.CheckConstraint(
            "registry_no is null or length(registry_no) between 14 and 20",
            name=op.f("ck_tech_contract_registry_no"),
        ),
        sa.CheckConstraint(
            "tech_fen is null or tech_fen <= total_fen",
            name=op.f("ck_tech_contract_tech_fen"),
        ),
        sa.CheckConstraint(
            "valid_to is null or valid_to >= valid_from",
            name=op.f("ck_tech_contract_valid_to"),
        ),
        sa.ForeignKeyConstraint(
            ["buyer_id"],
            ["organisation.id"],
            name=op.f("fk_tech_contract_buyer_id_organisation"),
        ),
        sa.ForeignKeyConstraint(
            ["deal_id"], ["deal.id"], name=op.f("fk_tech_contract_deal_id_deal")
        ),
        sa.ForeignKeyConstraint(
            ["seller_id"],
            ["organisation.id"],
            name=op.f("fk_tech_contract_seller_id_organisation"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tech_contract")),
        sa.UniqueConstraint("deal_id", name="uq_tech_contract_deal"),
        sa.UniqueConstraint("registry_no", name="uq_tech_contract_registry_no"),
    )
    with op.batch_alter_table("tech_contract", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_tech_contract_buyer_id"), ["buyer_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_tech_contract_registered_on"),
            ["registered_on"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_tech_contract_seller_id"), ["seller_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_tech_contract_state"), ["state"], unique=False
        )

    op.create_table(
        "contract_entry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("contract_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("entered_on", sa.Date(), nullable=False),
        sa.Column("total_fen", sa.BigInteger(), nullable=False),
        sa.Column("tech_fen", sa.BigInteger(), nullable=False),
        sa.Column("exempt_fen", sa.BigInteger(), nullable=False),
        sa.Column("counts", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.CheckConstraint(
            "kind <> 'registered' or (exempt_fen between 0 and tech_fen and tech_fen <= total_fen)",
            name=op.f("ck_contract_entry_sums"),
        ),
        sa.CheckConstraint(
            "kind = 'registered' or reason <> ''", name=op.f("ck_contract_entry_reason")
        ),
        sa.CheckConstraint(
            "kind in ('registered', 'amended', 'cancelled')",
            name=op.f("ck_contract_entry_kind"),
        ),
        sa.ForeignKeyConstraint(
            ["by_id"], ["person.id"], name=op.f("fk_contract_entry_by_id_person")
        ),
        sa.ForeignKeyConstraint(
            ["contract_id"],
            ["tech_contract.id"],
            name=op.f("fk_contract_entry_contract_id_tech_contract"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contract_entry")),
    )
    with op.batch_alter_table("contract_entry", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_contract_entry_by_id"), ["by_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_contract_entry_contract_id"), ["contract_id"], unique=False
        )
        batch_op.create_index(
            "uq_contract_entry_registered",
            ["contract_id"],
            unique=True,
            sqlite_where=sa.text("kind = 'registered'"),
            postgresql_where=sa.text("kind = 'registered'"),
        )

    op.create_table(
        "contract_paper",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("contract_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("pdf", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint(
            "(pdf is null) = (sha256 is null)", name=op.f("ck_contract_paper_pdf")
        ),
        sa.ForeignKeyConstraint(
            ["contract_id"],
            ["tech_contract.id"],
            name=op.f("fk_contract_paper_contract_id_tech_contract"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contract_paper")),
        sa.UniqueConstraint("contract_id", "number", name="uq_contract_paper_number"),
    )
    with op.batch_alter_table("contract_paper", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_contract_paper_contract_id"), ["contract_id"], unique=False
        )

    op.create_table(
        "contract_confirmation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("paper_id", sa.Integer(), nullable=False),
        sa.Column("side", sa.String(length=10), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("voided_at", sa.DateTime(), nullable=True),
        sa.Column("void_reason", sa.String(length=500), nullable=False),
        sa.CheckConstraint(
            "(voided_at is null) = (void_reason = '')",
            name=op.f("ck_contract_confirmation_voided"),
        ),
        sa.CheckConstraint(
            "side in ('holder', 'receiver')", name=op.f("ck_contract_confirmation_side")
        ),
        sa.CheckConstraint(
            "length(sha256) = 64", name=op.f("ck_contract_confirmation_sha256")
        ),
        sa.ForeignKeyConstraint(
            ["by_id"], ["person.id"], name=op.f("fk_contract_confirmation_by_id_person")
        ),
        sa.ForeignKeyConstraint(
            ["paper_id"],
            ["contract_paper.id"],
            name=op.f("fk_contract_confirmation_paper_id_contract_paper"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contract_confirmation")),
    )
    with op.batch_alter_table("contract_confirmation", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_contract_confirmation_by_id"), ["by_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_contract_confirmation_paper_id"), ["paper_id"], unique=False
        )
        batch_op.create_index(
            "uq_contract_confirmation_side",
            ["paper_id", "side"],
            unique=True,
            sqlite_where=sa.text("voided_at is null"),
            postgresql_where=sa.text("voided_at is null"),
        )


def downgrade():
    with op.batch_alter_table("contract_confirmation", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_contract_confirmation_side",
            sqlite_where=sa.text("voided_at is null"),
            postgresql_where=sa.text("voided_at is null"),
        )
        batch_op.drop_index(batch_op.f("ix_contract_confirmation_paper_id"))
        batch_op.drop_index(batch_op.f("ix_contract_confirmation_by_id"))

    op.drop_table("contract_confirmation")
    with op.batch_alter_table("contract_paper", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_contract_paper_contract_id"))

    op.drop_table("contract_paper")
    with op.batch_alter_table("contract_entry", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_contract_entry_registered",
            sqlite_where=sa.text("kind = 'registered'"),
            postgresql_where=sa.text("kind = 'registered'"),
        )
        batch_op.drop_index(batch_op.f("ix_contract_entry_contract_id"))
        batch_op.drop_index(batch_op.f("ix_contract_entry_by_id"))

    op.drop_table("contract_entry")
    with op.batch_alter_table("tech_contract", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_tech_contract_state"))
        batch_op.drop_index(batch_op.f("ix_tech_contract_seller_id"))
        batch_op.drop_index(batch_op.f("ix_tech_contract_registered_on"))
        batch_op.drop_index(batch_op.f("ix_tech_contract_buyer_id"))

    op.drop_table("tech_contract")
