"""Industry chains, districts and high-tech fields as versions beside the word lists, and what they moved

Revision ID: 0052
Revises: 0050
"""

import sqlalchemy as sa
from alembic import op

revision = '0052'
down_revision = '0050'
branch_labels = None
depends_on = None

DICTIONARIES = ('chains', 'districts', 'fields')
WORDS = "kind IN ('synonyms', 'terms', 'stop_words')"
ALL = "kind IN ('synonyms', 'terms', 'stop_words', 'chains', 'districts', 'fields')"


def upgrade():
    # No version of them: a site begins with what its tables hold.
    op.add_column('chain', sa.Column('successor', sa.String(length=30), nullable=False, server_default=''))
    op.add_column('hitech_field', sa.Column('active', sa.Boolean(), nullable=False, server_default=sa.true()))
    op.add_column('hitech_field', sa.Column('successor', sa.String(length=8), nullable=False, server_default=''))
    _let_kinds(WORDS, ALL)
    with op.batch_alter_table('word_edition') as batch:
        for name in DICTIONARIES:
            batch.add_column(sa.Column(f'{name}_id', sa.Integer(), nullable=True))
            batch.create_foreign_key(
                op.f(f'fk_word_edition_{name}_id_word_list_version'), 'word_list_version', [f'{name}_id'], ['id']
            )
    op.create_table(
        'moved_code',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('dictionary', sa.String(length=20), nullable=False),
        sa.Column('thing_kind', sa.String(length=20), nullable=False),
        sa.Column('thing_id', sa.Integer(), nullable=False),
        sa.Column('was', sa.String(length=30), nullable=False),
        sa.Column('became', sa.String(length=30), nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_moved_code')),
        sa.CheckConstraint("dictionary IN ('chains', 'districts', 'fields')", name=op.f('ck_moved_code_dictionary')),
        sa.CheckConstraint(
            "thing_kind IN ('achievement', 'demand', 'organisation')", name=op.f('ck_moved_code_thing_kind')
        ),
    )
    op.create_index('ix_moved_code_dictionary', 'moved_code', ['dictionary'])


def downgrade():
    op.drop_table('moved_code')
    with op.batch_alter_table('word_edition') as batch:
        for name in DICTIONARIES:
            batch.drop_constraint(op.f(f'fk_word_edition_{name}_id_word_list_version'), type_='foreignkey')
            batch.drop_column(f'{name}_id')
    op.execute("delete from word_preview where version_id in (select id from word_list_version where kind in"
               " ('chains', 'districts', 'fields'))")
    op.execute("delete from word_list_version where kind in ('chains', 'districts', 'fields')")
    _let_kinds(ALL, WORDS)
    op.drop_column('hitech_field', 'successor')
    op.drop_column('hitech_field', 'active')
    op.drop_column('chain', 'successor')


def _let_kinds(before, after):
    """Let the check constraint of the versions allow other kinds."""
    connection = op.get_bind()
    if connection.dialect.name != 'sqlite':
        name = op.f('ck_word_list_version_kind')
        op.drop_constraint(name, 'word_list_version', type_='check')
        op.create_check_constraint(name, 'word_list_version', after)
        return
    # SQLite cannot alter a constraint, and other tables refer to this one; the text of a CHECK may be changed in place
    # (lang_altertable, 7).
    table = "select sql from sqlite_master where type = 'table' and name = 'word_list_version'"
    sql = connection.exec_driver_sql(table).scalar()
    if sql.count(before) != 1:
        raise RuntimeError(f'the table word_list_version has another constraint than {before}')
    version = connection.exec_driver_sql('pragma schema_version').scalar()
    connection.exec_driver_sql('pragma writable_schema = on')
    connection.exec_driver_sql(
        "update sqlite_master set sql = ? where type = 'table' and name = 'word_list_version'",
        (sql.replace(before, after),),
    )
    # Other connections, and this one, read the schema again.
    connection.exec_driver_sql(f'pragma schema_version = {version + 1}')
    connection.exec_driver_sql('pragma writable_schema = off')
