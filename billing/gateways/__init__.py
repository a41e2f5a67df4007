"""Payment providers, one file each, behind one small protocol (`billing.gateways.base`)."""
