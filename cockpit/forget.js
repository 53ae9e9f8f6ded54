// After signing out: what the account typed and did not send leaves the device. Drafts of others stay.
try { localStorage.removeItem(document.currentScript.dataset.forget) } catch { /* a forbidden storage keeps nothing */ }
