"""Substitutes, batches of decisions, and diagnoses of demands

Revision ID: 0032
Revises: 0031
"""

import sqlalchemy as sa
from alembic import op

revision = '0032'
down_revision = '0031'
branch_labels = None
depends_on = None

PEOPLE = ('requested_by_id', 'taken_by_id', 'proposed_by_id')
OPEN = "state in ('requested', 'diagnosing', 'proposed')"


def _person(table, column):
    return sa.ForeignKeyConstraint([column], ['person.id'], name=op.f(f'fk_{table}_{column}_person'))


def upgrade():
    if op.get_bind().dialect.name == 'sqlite':
        # In one statement: a table of a million rows need not be written anew for its reference, and Alembic leaves
        # references of an added column out.
        op.execute(
            'alter table history add column for_id integer'
            ' constraint fk_history_for_id_person references person (id)'
        )
    else:
        op.add_column('history', sa.Column('for_id', sa.Integer(), nullable=True))
        op.create_foreign_key(op.f('fk_history_for_id_person'), 'history', 'person', ['for_id'], ['id'])
    op.create_index('ix_history_for_id', 'history', ['for_id'])
    op.create_table(
        'substitution',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('role', sa.String(length=12), nullable=False),
        sa.Column('organisation_id', sa.Integer(), nullable=True),
        sa.Column('absent_id', sa.Integer(), nullable=False),
        sa.Column('substitute_id', sa.Integer(), nullable=False),
        sa.Column('first_day', sa.Date(), nullable=False),
        sa.Column('last_day', sa.Date(), nullable=False),
        sa.Column('named_by_id', sa.Integer(), nullable=True),
        sa.Column('created_at', sa.DateTime(), nullable=False),
        sa.Column('ended_at', sa.DateTime(), nullable=True),
        sa.Column('reported_at', sa.DateTime(), nullable=True),
        sa.Column('revision', sa.Integer(), nullable=False, server_default='1'),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_substitution')),
        sa.ForeignKeyConstraint(
            ['organisation_id'], ['organisation.id'], name=op.f('fk_substitution_organisation_id_organisation')
        ),
        *(_person('substitution', name) for name in ('absent_id', 'substitute_id', 'named_by_id')),
        sa.CheckConstraint("role in ('desk', 'operator', 'broker')", name=op.f('ck_substitution_role')),
        sa.CheckConstraint('first_day <= last_day', name=op.f('ck_substitution_days')),
        sa.CheckConstraint('absent_id <> substitute_id', name=op.f('ck_substitution_another')),
        sa.CheckConstraint("(role = 'operator') = (organisation_id is null)", name=op.f('ck_substitution_seat')),
    )
    op.create_index('ix_substitution_substitute', 'substitution', ['substitute_id', 'last_day'])
    op.create_index('ix_substitution_absent', 'substitution', ['absent_id', 'last_day'])
    op.create_table(
        'review_batch',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('form', sa.String(length=40), nullable=False),
        sa.Column('station', sa.String(length=10), nullable=False),
        sa.Column('decision', sa.String(length=10), nullable=False),
        sa.Column('by_id', sa.Integer(), nullable=False),
        sa.Column('at', sa.DateTime(), nullable=False),
        sa.Column('rows', sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_review_batch')),
        _person('review_batch', 'by_id'),
        sa.CheckConstraint("station in ('desk', 'operator')", name=op.f('ck_review_batch_station')),
        sa.CheckConstraint("decision in ('pass', 'return', 'reject')", name=op.f('ck_review_batch_decision')),
    )
    op.create_index('uq_review_batch_form', 'review_batch', ['by_id', 'form'], unique=True)
    op.create_table(
        'diagnosis',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('demand_id', sa.Integer(), nullable=False),
        sa.Column('state', sa.String(length=12), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=True) for name in PEOPLE),
        sa.Column('reason', sa.Text(), nullable=False),
        sa.Column('remark', sa.Text(), nullable=False),
        sa.Column('advice', sa.Text(), nullable=False),
        sa.Column('content', sa.JSON(), nullable=False),
        sa.Column('base', sa.JSON(), nullable=False),
        sa.Column('parts', sa.JSON(), nullable=False),
        sa.Column('created_at', sa.DateTime(), nullable=False),
        sa.Column('since', sa.DateTime(), nullable=False),
        sa.Column('updated_at', sa.DateTime(), nullable=False),
        sa.Column('ended_at', sa.DateTime(), nullable=True),
        sa.Column('revision', sa.Integer(), nullable=False, server_default='1'),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_diagnosis')),
        sa.ForeignKeyConstraint(['demand_id'], ['demand.id'], name=op.f('fk_diagnosis_demand_id_demand')),
        *(_person('diagnosis', name) for name in PEOPLE),
        sa.CheckConstraint(
            "state in ('requested', 'diagnosing', 'proposed', 'rewritten', 'split', 'unfit', 'declined', 'stopped',"
            " 'withdrawn')",
            name=op.f('ck_diagnosis_state'),
        ),
        sa.CheckConstraint(
            "(state in ('requested', 'diagnosing', 'proposed')) = (ended_at is null)",
            name=op.f('ck_diagnosis_ended_at'),
        ),
        sa.CheckConstraint(
            "state in ('requested', 'withdrawn') or taken_by_id is not null", name=op.f('ck_diagnosis_taken_by_id')
        ),
        sa.CheckConstraint(
            "state not in ('proposed', 'rewritten', 'split') or proposed_by_id is not null",
            name=op.f('ck_diagnosis_proposed_by_id'),
        ),
        sa.CheckConstraint("state <> 'unfit' or advice <> ''", name=op.f('ck_diagnosis_advice')),
    )
    op.create_index('ix_diagnosis_demand_id', 'diagnosis', ['demand_id'])
    op.create_index('ix_diagnosis_state', 'diagnosis', ['state'])
    op.create_index('ix_diagnosis_taken_by_id', 'diagnosis', ['taken_by_id'])
    op.create_index(
        'uq_diagnosis_open', 'diagnosis', ['demand_id'], unique=True,
        sqlite_where=sa.text(OPEN), postgresql_where=sa.text(OPEN),
    )
    op.create_table(
        'diagnosis_question',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('case_id', sa.Integer(), nullable=False),
        sa.Column('field', sa.String(length=40), nullable=False),
        sa.Column('question', sa.Text(), nullable=False),
        sa.Column('by_id', sa.Integer(), nullable=True),
        sa.Column('at', sa.DateTime(), nullable=False),
        sa.Column('answer', sa.Text(), nullable=False),
        sa.Column('answered_by_id', sa.Integer(), nullable=True),
        sa.Column('answered_at', sa.DateTime(), nullable=True),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_diagnosis_question')),
        sa.ForeignKeyConstraint(['case_id'], ['diagnosis.id'], name=op.f('fk_diagnosis_question_case_id_diagnosis')),
        _person('diagnosis_question', 'by_id'),
        _person('diagnosis_question', 'answered_by_id'),
        sa.CheckConstraint("(answered_at is null) = (answer = '')", name=op.f('ck_diagnosis_question_answer')),
    )
    op.create_index('ix_diagnosis_question_case', 'diagnosis_question', ['case_id'])
    op.create_table(
        'diagnosis_part',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('case_id', sa.Integer(), nullable=False),
        sa.Column('number', sa.Integer(), nullable=False),
        sa.Column('demand_id', sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_diagnosis_part')),
        sa.ForeignKeyConstraint(['case_id'], ['diagnosis.id'], name=op.f('fk_diagnosis_part_case_id_diagnosis')),
        sa.ForeignKeyConstraint(['demand_id'], ['demand.id'], name=op.f('fk_diagnosis_part_demand_id_demand')),
    )
    op.create_index('uq_diagnosis_part_demand', 'diagnosis_part', ['demand_id'], unique=True)
    op.create_index('ix_diagnosis_part_case', 'diagnosis_part', ['case_id'])


def downgrade():
    op.drop_table('diagnosis_part')
    op.drop_table('diagnosis_question')
    op.drop_table('diagnosis')
    op.drop_table('review_batch')
    op.drop_table('substitution')
    op.drop_index('ix_history_for_id', table_name='history')
    if op.get_bind().dialect.name == 'postgresql':
        op.drop_constraint(op.f('fk_history_for_id_person'), 'history', type_='foreignkey')
    op.drop_column('history', 'for_id')
