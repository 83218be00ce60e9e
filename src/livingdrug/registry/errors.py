"""What can go wrong between a registry and its mirror."""

from livingdrug.errors import LivingDrugError


class RegistryError(LivingDrugError):
    """A registry, a file of records or the mirror itself cannot be used as asked."""


class RecordError(RegistryError):
    """One record cannot be read; it goes to quarantine, the others go on."""
