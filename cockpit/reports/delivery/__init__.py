"""What happens to a finished report: download, mail, access checks, proof of origin."""
