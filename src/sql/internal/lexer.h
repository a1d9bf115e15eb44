// sql/internal/lexer.h: Spark SQL text to tokens.
//
// Two layers: ScanPiece finds where the next piece of text ends (never fails; what splits scripts uses it), and Lex
// makes tokens with decoded values of all of a text.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace tarn::sql {

enum class PieceKind : uint8_t {
    kBlank, kComment,
    kString,      // '…' "…" r'…' r"…"
    kQuotedName,  // `…`
    kWord,        // letters, digits, _ : a name, a keyword or a number's start
    kNumber,
    kSymbol,
    kEnd,
};

struct Piece {
    PieceKind kind = PieceKind::kEnd;
    size_t begin = 0;
    size_t end = 0;
    bool closed = true;  // false: a string, quoted name or comment that runs to the end of the text
};

Piece ScanPiece(std::string_view text, size_t offset);

enum class TokenKind : uint8_t { kEnd, kName, kQuotedName, kString, kInteger, kDecimal, kExponent, kSymbol };

struct Token {
    TokenKind kind = TokenKind::kEnd;
    // kName, kSymbol: as written. kQuotedName, kString: decoded. Numbers: without the suffix.
    std::string text;
    std::string upper;   // kName only: the text in upper case
    std::string suffix;  // numbers only: upper case L, S, Y, F, D, BD or ""
    size_t begin = 0;
    size_t end = 0;
    SourcePosition position;

    bool Is(std::string_view keyword_or_symbol) const {
        return (kind == TokenKind::kName && upper == keyword_or_symbol) ||
               (kind == TokenKind::kSymbol && text == keyword_or_symbol);
    }
};

// Ends with a kEnd token. Symbols of more than one character: <=> <> != == <= >= || << :: -> =>. `>>` is two tokens,
// because it also closes array<array<int>>; the expression parser joins adjacent ones.
// Errors: PARSE_SYNTAX_ERROR (unclosed string or name, a character that starts no token),
//         UNCLOSED_BRACKETED_COMMENT, INVALID_NUMERIC_LITERAL
Result<std::vector<Token>> Lex(std::string_view text, SourcePosition start);

// The position of byte `offset`, when the text's first byte stands at `start`. Columns count code points.
SourcePosition PositionAt(std::string_view text, size_t offset, SourcePosition start = {1, 1});

Error SyntaxError(SourcePosition position, std::string_view near, std::string_view detail = {});

}  // namespace tarn::sql
