package imapbox

import (
	"strings"

	goimap "github.com/emersion/go-imap/v2"

	"popbridge/proxy/imap"
)

// customary are the names that mailboxes of special use have where no attribute
// says it, as Outlook, Thunderbird, Apple Mail and webmails make them; the first is
// the one that is made, and an earlier one counts before a later one. The bin, the
// archive and sent mail are known in other languages too: a second bin beside the one
// that their owner looks into is where deleted messages are not found again.
var customary = map[goimap.MailboxAttr][]string{
	goimap.MailboxAttrTrash: {
		"Trash", "Deleted Items", "Deleted Messages", "Bin", "Rubbish", "Deleted",
		"Papierkorb", "Gelöschte Elemente", "Gelöschte Objekte", "Gelöschte Nachrichten", "Gelöscht", // German
		"Corbeille", "Éléments supprimés", "Messages supprimés", // French
		"Papelera", "Papelera de reciclaje", "Elementos eliminados", "Mensajes eliminados", // Spanish
		"Cestino", "Posta eliminata", "Elementi eliminati", "Messaggi eliminati", // Italian
		"Lixeira", "Lixo", "Itens Excluídos", "Itens Eliminados", "Mensagens excluídas", // Portuguese
		"Prullenbak", "Prullenmand", "Verwijderde items", "Verwijderde berichten", // Dutch
		"Kosz", "Elementy usunięte", "Usunięte", // Polish
		"Корзина", "Удаленные", "Удалённые", "Удаленные элементы", // Russian
		"Koš", "Odstraněná pošta", "Odstraněné položky", // Czech
		"Papperskorgen", "Borttagna objekt", "Borttaget", // Swedish
		"Papirkurv", "Papirkurven", "Slettet post", "Slettede elementer", // Danish, Norwegian
		"Roskakori", "Poistetut", // Finnish
		"Çöp Kutusu", "Çöp", "Silinmiş Öğeler", // Turkish
		"ゴミ箱", "ごみ箱", "削除済みアイテム", // Japanese
		"已删除", "已删除邮件", "废件箱", "刪除的郵件", "垃圾桶", // Chinese
		"휴지통", // Korean
	},
	goimap.MailboxAttrArchive: {
		"Archive", "Archives", "Archiv", "Archivo", "Archivio", "Arquivo", "Archief", "Archiwum", "Архив", "Arkiv", "Arkisto", "Arşiv",
		"アーカイブ", "归档", "存档", "封存", "보관함",
	},
	goimap.MailboxAttrJunk: {"Junk", "Spam", "Junk E-mail"},
	goimap.MailboxAttrSent: {
		"Sent", "Sent Items", "Sent Messages", "Sent Mail",
		"Gesendet", "Gesendete Elemente", "Gesendete Objekte", "Gesendete Nachrichten", // German
		"Envoyés", "Éléments envoyés", "Messages envoyés", // French
		"Enviados", "Elementos enviados", "Mensajes enviados", "Itens Enviados", "Mensagens enviadas", // Spanish, Portuguese
		"Inviata", "Posta inviata", "Elementi inviati", "Messaggi inviati", // Italian
		"Verzonden", "Verzonden items", "Verzonden berichten", // Dutch
		"Wysłane", "Elementy wysłane", // Polish
		"Отправленные",               // Russian
		"Odeslaná pošta", "Odeslané", // Czech
		"Skickat", "Skickade objekt", "Sendt", "Sendte elementer", "Sendt post", "Lähetetyt", // Swedish, Norwegian, Danish, Finnish
		"Gönderilmiş Öğeler", "Gönderilenler", // Turkish
		"送信済み", "送信済みアイテム", "已发送", "已发送邮件", "寄件備份", "보낸 편지함", // Japanese, Chinese, Korean
	},
	goimap.MailboxAttrDrafts: {"Drafts"},
}

// place is a special use, and how good a name for it is, 0 being the best.
type place struct {
	use  goimap.MailboxAttr
	rank int
}

var customaryPlaces = func() map[string]place {
	places := make(map[string]place)
	for use, list := range customary {
		for rank, name := range list {
			places[strings.ToLower(name)] = place{use, rank}
		}
	}
	return places
}()

// customaryUse tells the special use of a mailbox by its name, in wire form, where
// it lies among the personal mailboxes or below INBOX. Deeper down such a name may
// mean anything.
func customaryUse(prefix, wire string) (goimap.MailboxAttr, int, bool) {
	name := imap.DecodeMailbox(strings.TrimPrefix(wire, prefix))
	if len(name) > len("INBOX/") && strings.EqualFold(name[:len("INBOX")], "INBOX") && strings.ContainsRune("/.", rune(name[len("INBOX")])) {
		name = name[len("INBOX/"):]
	}
	p, ok := customaryPlaces[strings.ToLower(name)]
	return p.use, p.rank, ok
}
