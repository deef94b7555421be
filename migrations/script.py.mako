"""${message}.

Core tables only; answer tables belong to `surveyapp.store.answers`. Write the way down as well as the way up,
and look at the change on SQLite and PostgreSQL: the suite runs both.
"""

import sqlalchemy as sa
from alembic import op
${imports if imports else ""}
revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = ${repr(branch_labels)}
depends_on = ${repr(depends_on)}


def upgrade() -> None:
    """Up."""
    ${upgrades if upgrades else "pass"}


def downgrade() -> None:
    """Down."""
    ${downgrades if downgrades else "pass"}
