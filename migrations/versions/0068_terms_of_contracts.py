"""The last day of a deal with a contract is that of its contract

Revision ID: 0068
Revises: 0067

Until now it was thirty days after the contract was signed or registered, as if all of it had to be paid by then.
"""

from datetime import date, timedelta

import sqlalchemy as sa
from alembic import op

revision = '0068'
down_revision = '0067'
branch_labels = None
depends_on = None

FILE_BEFORE = timedelta(days=30)  # as contracts/readiness.py has it


def upgrade():
    bind = op.get_bind()
    columns = [sa.column('deal_id'), sa.column('valid_to', sa.Date), sa.column('signed_on', sa.Date)]
    contract = sa.table('tech_contract', *columns)
    deal = sa.table('deal', sa.column('id'), sa.column('state'), sa.column('due_on', sa.Date))
    query = sa.select(deal.c.id, deal.c.state, contract.c.valid_to, contract.c.signed_on)
    query = query.join_from(contract, deal, contract.c.deal_id == deal.c.id)
    query = query.where(deal.c.state.in_(('contracted', 'performing')), contract.c.valid_to.is_not(None))
    for number, state, valid_to, signed_on in bind.execute(query).all():
        last = valid_to
        if state == 'contracted' and valid_to - FILE_BEFORE >= (signed_on or date.min):
            last = valid_to - FILE_BEFORE
        bind.execute(sa.update(deal).where(deal.c.id == number).values(due_on=last))


def downgrade():
    """The days stay: which they were is written nowhere."""
