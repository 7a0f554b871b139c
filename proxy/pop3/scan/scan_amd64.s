#include "textflag.h"

// EACH_OCTET(octet, x) makes each of x's 16 octets the octet that AX holds eight times.
#define EACH_OCTET(octets, x) \
	MOVQ octets, AX; \
	MOVQ AX, x; \
	PUNPCKLQDQ x, x

// LOOK(off, x, y, dot) looks at the 16 octets from SI+DX+off on. Those of x become 0xFF
// where something is to be changed, and 0 elsewhere. It needs y, dot and cr as well.
// X8 holds LF, X9 CR and X10 dots.
#define LOOK(off, x, y, dot, cr) \
	MOVOU off(SI)(DX*1), y; \
	MOVOU (off-1)(SI)(DX*1), cr; \
	MOVO y, dot; \
	PCMPEQB X8, y; \
	PCMPEQB X10, dot; \
	MOVO cr, x; \
	PCMPEQB X9, cr; \
	PCMPEQB X8, x; \
	PAND dot, x; \
	PANDN y, cr; \
	POR cr, x

// func change(p []byte) int
TEXT ·change(SB), NOSPLIT, $0-32
	MOVQ p_base+0(FP), SI
	MOVQ p_len+8(FP), CX
	EACH_OCTET($0x0a0a0a0a0a0a0a0a, X8)
	EACH_OCTET($0x0d0d0d0d0d0d0d0d, X9)
	EACH_OCTET($0x2e2e2e2e2e2e2e2e, X10)
	MOVQ $1, DX // where to look next
	SUBQ $16, CX // the last place at which 16 octets can be looked at
	LEAQ -48(CX), BX // and 64
	CMPQ DX, BX
	JGT  few

many:
	LOOK(0, X0, X4, X5, X6)
	LOOK(16, X1, X4, X5, X6)
	LOOK(32, X2, X4, X5, X6)
	LOOK(48, X3, X4, X5, X6)
	POR  X1, X0
	POR  X3, X2
	POR  X2, X0
	PMOVMSKB X0, AX
	TESTL AX, AX
	JNZ  few // which finds the place
	ADDQ $64, DX
	CMPQ DX, BX
	JLE  many

few:
	CMPQ DX, CX
	JGE  last
	LOOK(0, X0, X4, X5, X6)
	PMOVMSKB X0, AX
	TESTL AX, AX
	JNZ  found
	ADDQ $16, DX
	JMP  few

last:
	// Octets that were looked at before are looked at once more: there is nothing in them.
	MOVQ CX, DX
	LOOK(0, X0, X4, X5, X6)
	PMOVMSKB X0, AX
	TESTL AX, AX
	JZ   nothing

found:
	BSFL AX, AX
	ADDQ DX, AX
	MOVQ AX, ret+24(FP)
	RET

nothing:
	ADDQ $16, CX
	MOVQ CX, ret+24(FP)
	RET
