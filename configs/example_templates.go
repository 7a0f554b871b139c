package configs

// templates are upstreams of which many have one, ready to be used with the
// words in capitals replaced.
func templates() []sampleBlock {
	return []sampleBlock{
		{
			label: "microsoft", brief: true,
			intro: "Microsoft 365, where popbridge as an application may open the mailboxes that an administrator has named. Devices log in with device passwords.",
			values: map[string]string{
				"provider": "microsoft365", "oauth2.tenant": "TENANT",
				"oauth2.client_id": "CLIENT", "oauth2.client_secret_file": "/etc/popbridge/microsoft_secret",
			},
		},
		{
			label: "microsoft-owner", brief: true,
			intro: "Microsoft 365 or outlook.com, where the owner of each mailbox agrees once: popbridge account authorize ACCOUNT. Where the tenant allows the device code, flow = device serves as well. It needs state.secrets_key. For outlook.com TENANT is consumers.",
			values: map[string]string{
				"provider": "microsoft365", "oauth2.flow": "code", "oauth2.tenant": "TENANT", "oauth2.client_id": "CLIENT",
			},
		},
		{
			label: "google", brief: true,
			intro: "Google Workspace, by a service account with domain-wide delegation. Google gives no access to mail by flow = device.",
			values: map[string]string{
				"provider": "google_workspace", "oauth2.key_file": "/etc/popbridge/google.json",
			},
		},
	}
}
