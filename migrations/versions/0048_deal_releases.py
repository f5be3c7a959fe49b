"""Releases of deals: one row a deed, neither changed nor removed

Revision ID: 0048
Revises: 0047
"""

import sqlalchemy as sa
from alembic import op

revision = '0048'
down_revision = '0047'
branch_labels = None
depends_on = None

REFUSED = 'releases of deals are only added'


def upgrade():
    op.create_table(
        'deal_release',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('deal_id', sa.Integer(), nullable=False),
        sa.Column('number', sa.Integer(), nullable=False),
        sa.Column('deed', sa.String(length=30), nullable=False),
        sa.Column('body', sa.Text(), nullable=False),
        sa.Column('sha256', sa.String(length=64), nullable=False),
        sa.Column('previous_sha256', sa.String(length=64), nullable=False),
        sa.Column('by_id', sa.Integer(), nullable=True),
        sa.Column('at', sa.DateTime(), nullable=False),
        sa.CheckConstraint("(number = 0) = (previous_sha256 = '')", name=op.f('ck_deal_release_previous')),
        sa.ForeignKeyConstraint(['by_id'], ['person.id'], name=op.f('fk_deal_release_by_id_person')),
        sa.ForeignKeyConstraint(['deal_id'], ['deal.id'], name=op.f('fk_deal_release_deal_id_deal')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_deal_release')),
        sa.UniqueConstraint('deal_id', 'number', name=op.f('uq_deal_release_deal_id_number')),
    )
    op.create_index('ix_deal_release_deal_id', 'deal_release', ['deal_id'])
    if op.get_bind().dialect.name == 'postgresql':
        _guard_postgresql()
    else:
        _guard_sqlite()


def _guard_sqlite():
    for deed in ('update', 'delete'):
        op.execute(
            f"create trigger deal_release_no_{deed} before {deed} on deal_release "
            f"begin select raise(abort, '{REFUSED}'); end"
        )
    # INSERT OR REPLACE removes the old row without any trigger of a deletion.
    op.execute(
        "create trigger deal_release_no_replace before insert on deal_release "
        "when exists (select 1 from deal_release where id = new.id or (deal_id = new.deal_id and number = new.number)) "
        f"begin select raise(abort, '{REFUSED}'); end"
    )


def _guard_postgresql():
    op.execute(
        "create function deal_release_refuse() returns trigger language plpgsql as "
        f"$$ begin raise exception '{REFUSED}'; end $$"
    )
    op.execute(
        "create trigger deal_release_frozen before update or delete on deal_release "
        "for each row execute function deal_release_refuse()"
    )
    op.execute(
        "create trigger deal_release_no_truncate before truncate on deal_release "
        "for each statement execute function deal_release_refuse()"
    )


def downgrade():
    # Triggers go with their table.
    op.drop_table('deal_release')
    if op.get_bind().dialect.name == 'postgresql':
        op.execute('drop function deal_release_refuse()')
