"""The steps from one version of the tables to the next (Alembic); run by the store when it is opened."""
