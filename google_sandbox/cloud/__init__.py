"""Google Cloud as far as service accounts need it: projects, service accounts, roles, signing, delegation."""
