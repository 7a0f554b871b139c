package setup

import "fmt"

// Portal tells what only a person can do at the provider before popbridge can log in,
// filled in with the answers that are known; empty where there is nothing to do.
func (a Answers) Portal() string {
	switch {
	case a.ServiceAccountFile() != "":
		return fmt.Sprintf(`At Google, as an administrator of %[1]s:

  1. https://console.cloud.google.com: APIs & Services > Library > Gmail API > Enable.
  2. IAM & Admin > Service Accounts > Create service account. It needs no role. Note
     its Unique ID, a number.
  3. Its Keys > Add key > Create new key > JSON. Put the file here:
       install -m 0640 -g popbridge DOWNLOADED.json %[2]s
  4. https://admin.google.com: Security > Access and data control > API controls >
     Manage domain-wide delegation > Add new: the number as Client ID, and the scope
       https://mail.google.com/
  5. Apps > Google Workspace > Gmail > End user access: IMAP has to be on.
`, a.Domain, a.ServiceAccountFile())
	case a.Microsoft() && a.Flow.NeedsOwner():
		return `At https://entra.microsoft.com:

  1. App registrations > New registration: any name. Note the Application (client) ID
     and the Directory (tenant) ID.
  2. Authentication > Add a platform > Mobile and desktop applications: the redirect
     URI http://localhost. Then Allow public client flows: Yes.
  3. API permissions > Microsoft Graph > Delegated permissions:
     IMAP.AccessAsUser.All` + a.besides(", SMTP.Send") + ` and offline_access. Then Grant admin consent, where your
     organisation asks for it.
` + a.besides(`  4. https://admin.cloud.microsoft: Users > the mailbox > Mail > Manage email apps:
     Authenticated SMTP has to be on.
`)
	case a.Microsoft():
		proof := fmt.Sprintf(`Certificates & secrets > New client secret. Copy its Value, which is shown once.
     popbridge keeps it in %s`, a.SecretFile())
		if a.Certificate != "" {
			proof = "Certificates & secrets > Certificates > Upload certificate: " + a.Certificate
		}
		if a.MakesCertificate() {
			proof += ".\n     It is printed below, so that you can save it on the machine with the browser."
		}
		return fmt.Sprintf(`At https://entra.microsoft.com, as an administrator:

  1. App registrations > New registration: any name, Accounts in this organizational
     directory only. Note the Application (client) ID and the Directory (tenant) ID.
  2. %[1]s
  3. API permissions > APIs my organization uses > Office 365 Exchange Online >
     Application permissions > IMAP.AccessAsApp%[2]s. Then Grant admin consent.
  4. Enterprise applications > the application: note the Object ID of this page. The
     one under App registrations is a different one and does not work.
`, proof, a.besides(", and SMTP.SendAsApp"))
	}
	return ""
}

// PowerShell are the lines that let the application open a mailbox of Microsoft 365;
// empty where they are not needed.
func (a Answers) PowerShell() string {
	if !a.Microsoft() || a.Flow.NeedsOwner() {
		return ""
	}
	account := a.Account
	if account == "" {
		account = "alice@" + a.Domain
	}
	return fmt.Sprintf(`In Exchange Online PowerShell, with the Object ID of step 4 in the first line:

  $object = "the Object ID"
  Connect-ExchangeOnline
  New-ServicePrincipal -AppId %s -ObjectId $object -DisplayName popbridge
  Add-MailboxPermission -Identity %[2]s -User $object -AccessRights FullAccess
  Set-CASMailbox -Identity %[2]s -ImapEnabled $true%[3]s

It may take half an hour until all of this takes effect.
`, a.ClientID, account, a.besides(" -SmtpClientAuthenticationDisabled $false"))
}

// besides is a text for those whose devices send, else nothing.
func (a Answers) besides(text string) string {
	if a.Sends {
		return text
	}
	return ""
}
