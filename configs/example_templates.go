package configs

// templates are upstreams of which many have one, ready to be used with the
// words in capitals replaced.
func templates() []sampleBlock {
	return []sampleBlock{
		{
			label: "microsoft", brief: true,
			intro: "Microsoft 365, where popbridge as an application may open the mailboxes that an administrator has named. Devices log in with device passwords.",
			values: map[string]string{
				"address": "outlook.office365.com:993", "auth": "oauth2",
				"oauth2.flow": "client_credentials", "oauth2.token_url": "https://login.microsoftonline.com/TENANT/oauth2/v2.0/token",
				"oauth2.client_id": "CLIENT", "oauth2.client_secret_file": "/etc/popbridge/microsoft_secret", "oauth2.scopes": "https://outlook.office365.com/.default",
			},
		},
		{
			label: "microsoft-owner", brief: true,
			intro: "Microsoft 365 or outlook.com, where the owner of each mailbox agrees once: popbridge account authorize ACCOUNT. It needs state.secrets_key. For outlook.com TENANT is consumers.",
			values: map[string]string{
				"address": "outlook.office365.com:993", "auth": "oauth2",
				"oauth2.flow": "device", "oauth2.token_url": "https://login.microsoftonline.com/TENANT/oauth2/v2.0/token",
				"oauth2.device_url": "https://login.microsoftonline.com/TENANT/oauth2/v2.0/devicecode",
				"oauth2.client_id":  "CLIENT", "oauth2.scopes": "https://outlook.office.com/IMAP.AccessAsUser.All, offline_access",
			},
		},
		{
			label: "google", brief: true,
			intro: "Google Workspace, by a service account with domain-wide delegation. Google gives no access to mail by flow = device.",
			values: map[string]string{
				"address": "imap.gmail.com:993", "auth": "oauth2",
				"oauth2.flow": "jwt", "oauth2.scopes": "https://mail.google.com/", "oauth2.key_file": "/etc/popbridge/google.json",
			},
		},
	}
}
