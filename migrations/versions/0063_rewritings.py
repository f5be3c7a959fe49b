"""What is written for the owner of a listing waits for them; versions say who wrote them

Revision ID: 0063
Revises: 0062
"""

import sqlalchemy as sa
from alembic import op

revision = '0063'
down_revision = '0062'
branch_labels = None
depends_on = None

HANDS = ('written_by_id', 'rewritten_by_id')


def upgrade():
    op.create_table(
        'listing_rewriting',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('kind', sa.String(length=20), nullable=False),
        sa.Column('listing_id', sa.Integer(), nullable=False),
        sa.Column('state', sa.String(length=10), nullable=False),
        sa.Column('content', sa.JSON(), nullable=False),
        sa.Column('base', sa.JSON(), nullable=False),
        sa.Column('remark', sa.Text(), nullable=False),
        sa.Column('by_id', sa.Integer(), nullable=False),
        sa.Column('at', sa.DateTime(), nullable=False),
        sa.Column('decided_by_id', sa.Integer(), nullable=True),
        sa.Column('decided_at', sa.DateTime(), nullable=True),
        sa.Column('revision', sa.Integer(), server_default='1', nullable=False),
        sa.CheckConstraint("kind in ('achievement', 'demand')", name=op.f('ck_listing_rewriting_kind')),
        sa.CheckConstraint(
            "state in ('proposed', 'accepted', 'declined', 'withdrawn')", name=op.f('ck_listing_rewriting_state')
        ),
        sa.CheckConstraint(
            "(state = 'proposed') = (decided_at is null)", name=op.f('ck_listing_rewriting_decided_at')
        ),
        sa.CheckConstraint("state <> 'declined' or remark <> ''", name=op.f('ck_listing_rewriting_remark')),
        sa.CheckConstraint(
            "state <> 'accepted' or decided_by_id is null or decided_by_id <> by_id",
            name=op.f('ck_listing_rewriting_eyes'),
        ),
        sa.ForeignKeyConstraint(['by_id'], ['person.id'], name=op.f('fk_listing_rewriting_by_id_person')),
        sa.ForeignKeyConstraint(
            ['decided_by_id'], ['person.id'], name=op.f('fk_listing_rewriting_decided_by_id_person')
        ),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_listing_rewriting')),
    )
    op.create_index(
        'uq_listing_rewriting_open',
        'listing_rewriting',
        ['kind', 'listing_id'],
        unique=True,
        sqlite_where=sa.text("state = 'proposed'"),
        postgresql_where=sa.text("state = 'proposed'"),
    )
    for column in HANDS:
        name = f'fk_listing_version_{column}_person'
        if op.get_bind().dialect.name == 'sqlite':
            # Alembic leaves references of an added column out.
            op.execute(
                f'alter table listing_version add column {column} integer'
                f' constraint {name} references person (id)'
            )
        else:
            op.add_column('listing_version', sa.Column(column, sa.Integer(), nullable=True))
            op.create_foreign_key(op.f(name), 'listing_version', 'person', [column], ['id'])


def downgrade():
    for column in HANDS:
        if op.get_bind().dialect.name != 'sqlite':
            op.drop_constraint(op.f(f'fk_listing_version_{column}_person'), 'listing_version', type_='foreignkey')
        op.drop_column('listing_version', column)
    op.drop_table('listing_rewriting')
