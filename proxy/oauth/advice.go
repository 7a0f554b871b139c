package oauth

import (
	"regexp"

	"popbridge/configs"
)

// microsoftCode finds the number that Microsoft begins its words with.
var microsoftCode = regexp.MustCompile(`\bAADSTS(\d+)\b`)

// advices say what an operator can do about an error of Microsoft's
// (https://learn.microsoft.com/entra/identity-platform/reference-error-codes).
var advices = map[string]string{
	"50105":   "the enterprise application lets in assigned users only: assign this one, or switch \"Assignment required\" off",
	"65001":   "consent is missing: an administrator opens App registrations, the application, API permissions, and chooses \"Grant admin consent\"",
	"70021":   "the application has no federated credential that fits the assertion: its issuer, subject and audience have to be those of client_assertion_file",
	"700016":  "the tenant has no application with this client_id: compare it with the Application (client) ID in the portal, and the tenant with the Directory (tenant) ID",
	"700024":  "the assertion is not in force at this time: see whether this machine's clock is right, and client_assertion_file is being renewed",
	"700027":  "the application does not know this certificate: upload client_certificate under Certificates & secrets, Certificates",
	"700213":  "the application has no federated credential that fits the assertion: its issuer, subject and audience have to be those of client_assertion_file",
	"7000215": "the client secret is wrong: take the secret's Value from Certificates & secrets, not its Secret ID",
	"7000218": "the application is not a public client: under Authentication switch \"Allow public client flows\" on, or give it a certificate or a secret",
	"7000222": "the client secret has expired: make a new one under Certificates & secrets, and write its Value into client_secret_file",
	"90002":   "there is no such tenant: compare oauth2.tenant with the Directory (tenant) ID in the portal",
}

// conditional are the refusals of a tenant's own policies. Many of them refuse the
// device code alone.
var conditional = map[string]bool{"50199": true, "53000": true, "53001": true, "53002": true, "53003": true, "530032": true, "530035": true}

// advice is what to do about what a server has said, empty where nothing is known.
func advice(words string, flow configs.Flow) string {
	found := microsoftCode.FindStringSubmatch(words)
	switch {
	case found == nil:
		return ""
	case !conditional[found[1]]:
		return advices[found[1]]
	case flow == configs.FlowDevice:
		return `the tenant's policies (conditional access) do not let the device code in: use flow = "code"`
	}
	return "the tenant's policies (conditional access) refuse this sign-in: an administrator finds which one under Sign-in logs, and makes an exception for this application"
}
