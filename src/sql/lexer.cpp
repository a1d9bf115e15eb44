#include "sql/internal/lexer.h"

#include <array>

#include "base/data_type.h"
#include "base/utf8.h"

namespace tarn::sql {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsBlank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v'; }
// Bytes of UTF-8 sequences count as letters: names may be in any script.
bool IsWordByte(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || IsDigit(c) || c == '_' || static_cast<unsigned char>(c) >= 0x80;
}

// U+00A0, U+3000 and the like, and the byte order mark: pasted text often holds them. 0 when there is none.
size_t UnicodeBlankAt(std::string_view text, size_t at) {
    if (static_cast<unsigned char>(text[at]) < 0xC2) return 0;
    std::string_view rest = text.substr(at);
    for (std::string_view blank : {"\u00a0", "\u2000", "\u2001", "\u2002", "\u2003", "\u2004", "\u2005", "\u2006", "\u2007",
                                   "\u2008", "\u2009", "\u200a", "\u2028", "\u2029", "\u202f", "\u205f", "\u3000", "\ufeff"}) {
        if (rest.starts_with(blank)) return blank.size();
    }
    return 0;
}

// `at` stands on the opening quote; returns the offset after the closing one.
size_t EndOfString(std::string_view text, size_t at, bool raw, bool *closed) {
    char quote = text[at];
    for (size_t i = at + 1; i < text.size(); i++) {
        if (!raw && text[i] == '\\') {
            i++;
        } else if (text[i] == quote) {
            if (!raw && i + 1 < text.size() && text[i + 1] == quote) {
                i++;  // 'it''s'
                continue;
            }
            return i + 1;
        }
    }
    *closed = false;
    return text.size();
}

size_t EndOfQuotedName(std::string_view text, size_t at, bool *closed) {
    for (size_t i = at + 1; i < text.size(); i++) {
        if (text[i] != '`') continue;
        if (i + 1 < text.size() && text[i + 1] == '`') {
            i++;
            continue;
        }
        return i + 1;
    }
    *closed = false;
    return text.size();
}

size_t EndOfComment(std::string_view text, size_t at, bool *closed) {
    if (text[at] == '-') {
        size_t end = text.find('\n', at);
        return end == std::string_view::npos ? text.size() : end;
    }
    int nesting = 0;
    for (size_t i = at; i + 1 < text.size(); i++) {
        if (text[i] == '/' && text[i + 1] == '*') {
            nesting++;
            i++;
        } else if (text[i] == '*' && text[i + 1] == '/') {
            nesting--;
            i++;
            if (nesting == 0) return i + 1;
        }
    }
    *closed = false;
    return text.size();
}

// 12, 1.5, .5, 5., 1e-3, 12L, 1.5BD; `at` stands on a digit, or on a point with a digit after it.
size_t EndOfNumber(std::string_view text, size_t at) {
    size_t i = at;
    while (i < text.size() && IsDigit(text[i])) i++;
    if (i < text.size() && text[i] == '.' && !(i + 1 < text.size() && text[i + 1] == '.')) {
        i++;
        while (i < text.size() && IsDigit(text[i])) i++;
    }
    if (i < text.size() && (text[i] == 'e' || text[i] == 'E')) {
        size_t j = i + 1;
        if (j < text.size() && (text[j] == '+' || text[j] == '-')) j++;
        if (j < text.size() && IsDigit(text[j])) {
            while (j < text.size() && IsDigit(text[j])) j++;
            i = j;
        }
    }
    size_t suffix = i;
    while (suffix < text.size() && IsWordByte(text[suffix])) suffix++;
    std::string tail = ToUpper(text.substr(i, suffix - i));
    for (std::string_view known : {"L", "S", "Y", "F", "D", "BD"}) {
        if (tail == known) return suffix;
    }
    return i;
}

constexpr std::array<std::string_view, 12> kLongSymbols = {"<=>", "<>", "!=", "==", "<=", ">=", "||", "<<", "::", "->", "=>", "|>"};

size_t EndOfSymbol(std::string_view text, size_t at) {
    for (std::string_view symbol : kLongSymbols) {
        if (text.substr(at).starts_with(symbol)) return at + symbol.size();
    }
    return at + 1;
}

Piece ScanWord(std::string_view text, size_t at) {
    size_t end = at;
    while (end < text.size() && IsWordByte(text[end]) && UnicodeBlankAt(text, end) == 0) end++;
    bool starts_number = IsDigit(text[at]);
    if (starts_number) {
        size_t number_end = EndOfNumber(text, at);
        // The longer match wins, as in Spark's lexer: 1d is a number, 1day and 2024_users are names.
        if (number_end >= end) return {PieceKind::kNumber, at, number_end, true};
    }
    return {PieceKind::kWord, at, end, true};
}

// `count` hexadecimal digits at text[at]; nullopt when there are fewer.
std::optional<uint32_t> HexAt(std::string_view text, size_t at, size_t count) {
    if (at + count > text.size()) return std::nullopt;
    uint32_t value = 0;
    for (size_t i = at; i < at + count; i++) {
        char c = text[i];
        int digit = IsDigit(c) ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
        if (digit < 0) return std::nullopt;
        value = value * 16 + static_cast<uint32_t>(digit);
    }
    return value;
}

// One escape of a string literal; body[i] is the backslash. Returns how many bytes it takes.
size_t DecodeEscape(std::string_view body, size_t i, std::string &out) {
    if (i + 1 >= body.size()) {
        out += '\\';
        return 1;
    }
    char c = body[i + 1];
    if (c == 'u' || c == 'U') {
        size_t digits = c == 'u' ? 4 : 8;
        auto code = HexAt(body, i + 2, digits);
        // A surrogate pair of \u escapes is one character.
        if (code && *code >= 0xD800 && *code < 0xDC00 && body.substr(i + 6).starts_with("\\u")) {
            auto low = HexAt(body, i + 8, 4);
            if (low && *low >= 0xDC00 && *low < 0xE000) {
                AppendUtf8(0x10000 + ((*code - 0xD800) << 10) + (*low - 0xDC00), out);
                return 12;
            }
        }
        bool valid = code && *code <= 0x10FFFF && (*code < 0xD800 || *code > 0xDFFF);
        if (valid) {
            AppendUtf8(*code, out);
            return 2 + digits;
        }
    }
    bool octal = c >= '0' && c <= '1' && i + 3 < body.size() && body[i + 2] >= '0' && body[i + 2] <= '7' &&
                 body[i + 3] >= '0' && body[i + 3] <= '7';
    if (octal) {
        AppendUtf8(static_cast<uint32_t>((c - '0') * 64 + (body[i + 2] - '0') * 8 + (body[i + 3] - '0')), out);
        return 4;
    }
    switch (c) {
        case '0': out += '\0'; break;
        case 'b': out += '\b'; break;
        case 'n': out += '\n'; break;
        case 'r': out += '\r'; break;
        case 't': out += '\t'; break;
        case 'Z': out += '\x1A'; break;
        case '%':
        case '_': out += '\\'; out += c; break;  // stays escaped for LIKE
        default: out += c;
    }
    return 2;
}

std::string DecodeString(std::string_view literal) {
    bool raw = literal[0] == 'r' || literal[0] == 'R';
    std::string_view body = literal.substr(raw ? 2 : 1);
    body.remove_suffix(1);
    if (raw) return std::string(body);
    char quote = literal[0];
    std::string out;
    out.reserve(body.size());
    for (size_t i = 0; i < body.size();) {
        if (body[i] == '\\') {
            i += DecodeEscape(body, i, out);
        } else {
            out += body[i];
            i += body[i] == quote ? 2 : 1;  // a doubled quote is one
        }
    }
    return out;
}

std::string DecodeQuotedName(std::string_view literal) {
    std::string out;
    for (size_t i = 1; i + 1 < literal.size(); i++) {
        out += literal[i];
        if (literal[i] == '`') i++;
    }
    return out;
}

void FillNumber(Token &token, std::string_view text) {
    std::string upper = ToUpper(text);
    for (std::string_view suffix : {"BD", "L", "S", "Y", "F", "D"}) {
        if (upper.ends_with(suffix)) {
            token.suffix = suffix;
            upper.resize(upper.size() - suffix.size());
            break;
        }
    }
    token.text = std::string(text.substr(0, upper.size()));
    bool exponent = upper.find('E') != std::string::npos;
    bool point = upper.find('.') != std::string::npos;
    token.kind = exponent ? TokenKind::kExponent : point ? TokenKind::kDecimal : TokenKind::kInteger;
}

// Follows positions through a text, so that the whole costs one pass.
class PositionCounter {
public:
    PositionCounter(std::string_view text, SourcePosition start) : text_(text), position_(start) {}
    SourcePosition At(size_t offset) {
        for (; at_ < offset; at_++) {
            char c = text_[at_];
            if (c == '\n') {
                position_ = {position_.line + 1, 1};
            } else if ((static_cast<unsigned char>(c) & 0xC0) != 0x80) {
                position_.column++;
            }
        }
        return position_;
    }

private:
    std::string_view text_;
    size_t at_ = 0;
    SourcePosition position_;
};

Error UnclosedError(const Piece &piece, std::string_view text, SourcePosition position) {
    if (piece.kind == PieceKind::kComment) {
        Error error = MakeError(ErrorKind::kInvalidInput, "UNCLOSED_BRACKETED_COMMENT",
                                "Found an unclosed bracketed comment.");
        error.position = position;
        error.remedy = "Close the comment with */.";
        return error;
    }
    std::string near(text.substr(piece.begin, 1));
    bool name = piece.kind == PieceKind::kQuotedName;
    Error error = SyntaxError(position, near, name ? "The back-quoted name that starts here is not closed."
                                                   : "The string that starts here is not closed.");
    error.remedy = name ? "Close the name with a back quote." : "Close the string; a quote inside it is written \\' or ''.";
    return error;
}

}  // namespace

Piece ScanPiece(std::string_view text, size_t offset) {
    if (offset >= text.size()) return {PieceKind::kEnd, text.size(), text.size(), true};
    char c = text[offset];
    char next = offset + 1 < text.size() ? text[offset + 1] : '\0';
    Piece piece{PieceKind::kSymbol, offset, offset + 1, true};
    if (IsBlank(c) || UnicodeBlankAt(text, offset) > 0) {
        size_t end = offset;
        while (end < text.size()) {
            size_t wide = UnicodeBlankAt(text, end);
            if (!IsBlank(text[end]) && wide == 0) break;
            end += wide > 0 ? wide : 1;
        }
        return {PieceKind::kBlank, offset, end, true};
    }
    if ((c == '-' && next == '-') || (c == '/' && next == '*')) {
        piece.kind = PieceKind::kComment;
        piece.end = EndOfComment(text, offset, &piece.closed);
    } else if (c == '\'' || c == '"') {
        piece.kind = PieceKind::kString;
        piece.end = EndOfString(text, offset, false, &piece.closed);
    } else if ((c == 'r' || c == 'R') && (next == '\'' || next == '"')) {
        piece.kind = PieceKind::kString;
        piece.end = EndOfString(text, offset + 1, true, &piece.closed);
    } else if (c == '`') {
        piece.kind = PieceKind::kQuotedName;
        piece.end = EndOfQuotedName(text, offset, &piece.closed);
    } else if (IsWordByte(c)) {
        return ScanWord(text, offset);
    } else if (c == '.' && IsDigit(next)) {
        piece.kind = PieceKind::kNumber;
        piece.end = EndOfNumber(text, offset);
    } else {
        piece.end = EndOfSymbol(text, offset);
    }
    return piece;
}

SourcePosition PositionAt(std::string_view text, size_t offset, SourcePosition start) {
    return PositionCounter(text, start).At(std::min(offset, text.size()));
}

Error SyntaxError(SourcePosition position, std::string_view near, std::string_view detail) {
    std::string message = near.empty() ? "Syntax error, unexpected end of the statement."
                                       : "Syntax error at or near '" + std::string(near) + "'.";
    if (!detail.empty()) message += " " + std::string(detail);
    Error error = MakeError(ErrorKind::kInvalidInput, "PARSE_SYNTAX_ERROR", std::move(message));
    error.position = position;
    return error;
}

Result<std::vector<Token>> Lex(std::string_view text, SourcePosition start) {
    std::vector<Token> tokens;
    tokens.reserve(text.size() / 5 + 1);
    PositionCounter counter(text, start);
    for (size_t at = 0; at < text.size();) {
        Piece piece = ScanPiece(text, at);
        // t.1 after a name: a point and a name part, not the number .1
        bool point_of_name = piece.kind == PieceKind::kNumber && text[piece.begin] == '.' && !tokens.empty() &&
                             tokens.back().end == piece.begin &&
                             (tokens.back().kind == TokenKind::kName || tokens.back().kind == TokenKind::kQuotedName);
        if (point_of_name) piece = {PieceKind::kSymbol, piece.begin, piece.begin + 1, true};
        at = piece.end;
        if (!piece.closed) return Fail(UnclosedError(piece, text, counter.At(piece.begin)));
        if (piece.kind == PieceKind::kBlank || piece.kind == PieceKind::kComment) continue;
        Token token;
        token.begin = piece.begin;
        token.end = piece.end;
        token.position = counter.At(piece.begin);
        std::string_view source = text.substr(piece.begin, piece.end - piece.begin);
        switch (piece.kind) {
            case PieceKind::kString:
                token.kind = TokenKind::kString;
                token.text = DecodeString(source);
                break;
            case PieceKind::kQuotedName:
                token.kind = TokenKind::kQuotedName;
                token.text = DecodeQuotedName(source);
                if (token.text.empty()) return Fail(SyntaxError(token.position, "``", "A name must not be empty."));
                break;
            case PieceKind::kWord:
                token.kind = TokenKind::kName;
                token.text = source;
                token.upper = ToUpper(source);
                break;
            case PieceKind::kNumber: FillNumber(token, source); break;
            default:
                token.kind = TokenKind::kSymbol;
                token.text = source;
        }
        tokens.push_back(std::move(token));
    }
    Token end;
    end.begin = end.end = text.size();
    end.position = counter.At(text.size());
    tokens.push_back(std::move(end));
    return tokens;
}

}  // namespace tarn::sql
