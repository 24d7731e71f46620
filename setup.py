"""What pyproject.toml cannot say: the folder `policies` ships as `dunning_engine/library`, where `dunning init` finds it."""

from setuptools import find_namespace_packages, setup

setup(
    packages=[*find_namespace_packages(include=["dunning_engine*"]), "dunning_engine.library"],
    package_dir={"dunning_engine.library": "policies"},
)
