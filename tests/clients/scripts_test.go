package clients_test

import (
	"bytes"
	"testing"

	"popbridge/tests/clients"
)

// The clients that are libraries run a few lines each: fetch all into files,
// and delete all where asked to.

const poplib = `
import poplib, sys
host, port, user, password, folder, delete = sys.argv[1:]
p = poplib.POP3(host, int(port), timeout=60)
poplib._MAXLINE = 100000
p.user(user)
p.pass_(password)
n, octets = p.stat()
ids = set(line.split()[1] for line in p.uidl()[1])
assert len(ids) == n, "unique-ids are not unique"
total = 0
for i in range(1, n + 1):
    reply, lines, size = p.retr(i)
    message = b"".join(line + b"\r\n" for line in lines)
    total += len(message)
    open("%s/%d" % (folder, i), "wb").write(message)
    if delete == "1":
        p.dele(i)
assert total == octets, "%d octets, STAT says %d" % (total, octets)
p.quit()
`

const netPOP3 = `
use Net::POP3;
my ($host, $port, $user, $password, $folder, $delete) = @ARGV;
my $p = Net::POP3->new(Host => $host, Port => $port, Timeout => 60) or die "connect: $@";
my $n = $p->login($user, $password);
defined $n or die "login: " . $p->message;
my $list = $p->list or die "list";
for my $i (1 .. $n) {
    my $lines = $p->get($i) or die "get $i: " . $p->message;
    my $message = join("", @$lines);
    $message =~ s/\r?\n/\r\n/g;
    length($message) == $list->{$i} or die "$i: " . length($message) . " octets, LIST says $list->{$i}";
    open(my $f, ">:raw", "$folder/$i") or die $!;
    print $f $message;
    close $f;
    $p->delete($i) or die "delete $i" if $delete;
}
$p->quit or die "quit: " . $p->message;
`

const mailPOP3Client = `
use Mail::POP3Client;
my ($host, $port, $user, $password, $folder, $delete) = @ARGV;
my $p = Mail::POP3Client->new(HOST => $host, PORT => $port, USER => $user, PASSWORD => $password, AUTH_MODE => "PASS", TIMEOUT => 60);
$p->Count >= 0 or die "login: " . $p->Message;
for my $i (1 .. $p->Count) {
    open(my $f, ">:raw", "$folder/$i") or die $!;
    $p->RetrieveToFile($f, $i) or die "retrieve $i: " . $p->Message;
    close $f;
    $p->Delete($i) or die "delete $i" if $delete;
}
$p->Close or die "quit: " . $p->Message;
`

func TestPoplib(t *testing.T)         { script(t, "python3", "fetch.py", poplib) }
func TestNetPOP3(t *testing.T)        { script(t, "perl", "fetch.pl", netPOP3) }
func TestMailPOP3Client(t *testing.T) { script(t, "perl", "fetch.pl", mailPOP3Client) }

// script runs a program twice: once it keeps the messages, once it deletes them.
func script(t *testing.T, interpreter, name, text string) {
	s := open(t)
	path := s.File(t, name, text)
	for _, delete := range []string{"0", "1"} {
		folder := t.TempDir()
		s.Run(t, interpreter, path, s.Host, s.Port, login, password, folder, delete)
		got := clients.Files(t, folder)
		if len(got) > 0 && !bytes.Contains(got[0], []byte("\r\n")) {
			for i, m := range got {
				got[i] = clients.CRLF(m)
			}
		}
		s.fetched(t, got)
		if delete == "0" {
			s.kept(t, true)
		}
	}
	s.deleted(t)
}
