#include "ai/local/internal/text.h"

#include <utf8proc.h>

#include <algorithm>
#include <array>
#include <limits>

#include "base/data_type.h"
#include "base/utf8.h"

namespace tarn::ai::local {

char32_t Next(std::string_view text, size_t &at) {
    auto first = static_cast<unsigned char>(text[at]);
    if (first < 0x80) {
        at++;
        return first;
    }
    utf8proc_int32_t code = 0;
    auto length = static_cast<utf8proc_ssize_t>(std::min<size_t>(text.size() - at, 4));
    utf8proc_ssize_t taken = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t *>(text.data()) + at, length, &code);
    if (taken <= 0) {
        at++;
        return kNoCharacter;
    }
    at += static_cast<size_t>(taken);
    return static_cast<char32_t>(code);
}

namespace {

utf8proc_category_t Category(char32_t c) { return utf8proc_category(static_cast<utf8proc_int32_t>(c)); }

bool IsAsciiLetter(char32_t c) { return (c | 0x20) >= 'a' && (c | 0x20) <= 'z'; }

}  // namespace

bool IsLetter(char32_t c) {
    if (c < 0x80) return IsAsciiLetter(c);
    if (c == kNoCharacter || (c >= 0xFE00 && c <= 0xFE0F) || c == 0x20E3) return false;  // Variation selectors belong to emoji.
    auto category = Category(c);
    return category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_ME;
}

bool IsDigit(char32_t c) {
    if (c < 0x80) return c >= '0' && c <= '9';
    return Category(c) == UTF8PROC_CATEGORY_ND;
}

bool IsSpace(char32_t c) {
    if (c < 0x80) return c == ' ' || (c >= '\t' && c <= '\r') || c == 0;
    if (c == 0xFEFF || c == 0x200B || c == 0x85 || c == kNoCharacter) return true;
    auto category = Category(c);
    return category >= UTF8PROC_CATEGORY_ZS && category <= UTF8PROC_CATEGORY_ZP;
}

bool IsUpper(char32_t c) {
    if (c < 0x80) return c >= 'A' && c <= 'Z';
    return Category(c) == UTF8PROC_CATEGORY_LU;
}

bool IsLower(char32_t c) {
    if (c < 0x80) return c >= 'a' && c <= 'z';
    return Category(c) == UTF8PROC_CATEGORY_LL;
}

bool IsIdeograph(char32_t c) {
    if (c < 0x0E00) return false;
    return (c >= 0x3400 && c <= 0x9FFF) || (c >= 0x3040 && c <= 0x30FF) || (c >= 0xF900 && c <= 0xFAFF) ||
           (c >= 0x20000 && c <= 0x3FFFF) || (c >= 0x0E00 && c <= 0x0E4E) || (c >= 0x0E80 && c <= 0x0ECD) ||
           (c >= 0x1000 && c <= 0x103F) || (c >= 0x1780 && c <= 0x17D3) || c == 0x3005 || c == 0x3007;
}

bool IsSymbol(char32_t c) {
    if (c < 0xA9) return false;
    if (c >= 0x1F000 && c <= 0x1FAFF) return true;
    return (c >= 0x2190 && c <= 0x2BFF && Category(c) == UTF8PROC_CATEGORY_SO) || c == 0x2764;
}

bool EndsSentence(char32_t c) {
    switch (c) {
        case '.': case '!': case '?':
        case 0x2026: case 0x203C: case 0x2047: case 0x2048: case 0x2049: case 0x203D:
        case 0x3002: case 0xFF01: case 0xFF1F: case 0xFF0E: case 0xFF61:
        case 0x0964: case 0x0965: case 0x061F: case 0x06D4: case 0x0589: case 0x1362: case 0x104B: case 0x17D4: return true;
        default: return false;
    }
}

std::string Folded(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (size_t at = 0; at < text.size();) {
        char32_t c = Next(text, at);
        if (c == kNoCharacter) continue;
        if (c < 0x80) {
            out += static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
        } else if (c == 0x2019) {
            out += '\'';  // The typographic apostrophe.
        } else {
            AppendUtf8(static_cast<uint32_t>(utf8proc_tolower(static_cast<utf8proc_int32_t>(c))), out);
        }
    }
    return out;
}

std::string OneLine(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    bool gap = false;
    for (size_t at = 0; at < text.size();) {
        size_t begin = at;
        if (IsSpace(Next(text, at))) {
            gap = !out.empty();
            continue;
        }
        if (gap) out += ' ';
        gap = false;
        out.append(text.substr(begin, at - begin));
    }
    return out;
}

namespace {

constexpr std::array<std::string_view, 26> kBlockTags = {
    "p", "br", "div", "li", "ul", "ol", "tr", "td", "th", "table", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "pre",
    "blockquote", "section", "article", "script", "style", "dd", "dt", "dl"};

// The end of the tag that begins at `at` ("<p class='x'>"), or npos: "a < b" is no tag. A tag is short, so that stray angle
// brackets cannot make this quadratic.
size_t TagEnd(std::string_view text, size_t at) {
    constexpr size_t kLongestTag = 2048;
    size_t name = at + 1;
    if (name < text.size() && text[name] == '/') name++;
    if (name >= text.size() || !IsAsciiLetter(static_cast<unsigned char>(text[name]))) return std::string_view::npos;
    size_t end = text.substr(at, kLongestTag).find_first_of("<>", 1);
    if (end == std::string_view::npos || text[at + end] == '<') return std::string_view::npos;
    return at + end + 1;
}

std::string TagName(std::string_view tag) {
    size_t begin = tag.starts_with("</") ? 2 : 1;
    size_t end = begin;
    while (end < tag.size() && (IsAsciiLetter(static_cast<unsigned char>(tag[end])) || IsDigit(static_cast<unsigned char>(tag[end])))) end++;
    return ToLower(tag.substr(begin, end - begin));
}

// What stands between <script> and </script> is no text. `after` when the element has no end; then it is not looked for again.
size_t ElementEnd(std::string_view text, const std::string &name, size_t after, bool &endless) {
    if (endless || (name != "script" && name != "style")) return after;
    for (size_t at = after; (at = text.find("</", at)) != std::string_view::npos; at += 2) {
        size_t end = TagEnd(text, at);
        if (end != std::string_view::npos && TagName(text.substr(at, end - at)) == name) return end;
    }
    endless = true;
    return after;
}

}  // namespace

std::string WithoutTags(std::string_view text) {
    std::string out(text);
    bool endless = false, open_comment = false;
    for (size_t at = 0; (at = text.find_first_of("<&", at)) != std::string_view::npos;) {
        if (text[at] == '&') {
            for (std::string_view entity : {"&nbsp;", "&#160;"}) {
                if (text.substr(at, entity.size()) == entity) std::fill_n(out.begin() + static_cast<std::ptrdiff_t>(at), entity.size(), ' ');
            }
            at++;
            continue;
        }
        size_t end = TagEnd(text, at);
        if (!open_comment && text.substr(at, 4) == "<!--") {
            end = text.find("-->", at);
            open_comment = end == std::string_view::npos;  // Then no later one ends, either.
            if (!open_comment) end += 3;
        }
        if (end == std::string_view::npos) {
            at++;
            continue;
        }
        std::string name = TagName(text.substr(at, end - at));
        bool block = std::ranges::find(kBlockTags, name) != kBlockTags.end();
        if (text[at + 1] != '/') end = ElementEnd(text, name, end, endless);
        std::fill(out.begin() + static_cast<std::ptrdiff_t>(at), out.begin() + static_cast<std::ptrdiff_t>(end), ' ');
        if (block) out[at] = '\n';
        if (block && end - at > 1) out[at + 1] = '\n';
        at = end;
    }
    return out;
}

namespace {

// "https://…" and "www.…" up to white space.
size_t LinkEnd(std::string_view text, size_t at) {
    auto rest = text.substr(at);
    if (!rest.starts_with("http://") && !rest.starts_with("https://") && !rest.starts_with("www.")) return at;
    size_t end = rest.find_first_of(" \t\r\n<>\"'()[]{}");
    return end == std::string_view::npos ? text.size() : at + end;
}

// Whether the character at `at` joins two letters or digits into one word: an apostrophe, a hyphen, a dot between digits.
bool Joins(std::string_view text, char32_t joint, size_t after, bool number) {
    bool letters = joint == '\'' || joint == 0x2019 || joint == '-' || joint == '_';
    bool digits = joint == '.' || joint == ',';
    if ((!letters && !(digits && number)) || after >= text.size()) return false;
    char32_t next = Next(text, after);
    return digits && number ? IsDigit(next) : (IsLetter(next) && !IsIdeograph(next)) || IsDigit(next);
}

size_t WordEnd(std::string_view text, size_t at, bool number) {
    while (at < text.size()) {
        size_t after = at;
        char32_t c = Next(text, after);
        if (IsIdeograph(c)) break;
        if (!IsLetter(c) && !IsDigit(c) && !Joins(text, c, after, number)) break;
        if (IsLetter(c)) number = false;
        at = after;
    }
    return at;
}

size_t PunctuationEnd(std::string_view text, size_t at) {
    while (at < text.size()) {
        auto c = static_cast<unsigned char>(text[at]);
        if (c >= 0x80 || c <= ' ' || IsAsciiLetter(c) || IsDigit(c)) break;
        at++;
    }
    return at;
}

}  // namespace

std::vector<Token> Tokenize(std::string_view text) {
    text = text.substr(0, std::numeric_limits<uint32_t>::max() - 1);
    std::vector<Token> tokens;
    tokens.reserve(text.size() / 5 + 1);
    for (size_t at = 0; at < text.size();) {
        size_t begin = at;
        char32_t c = Next(text, at);
        if (IsSpace(c)) continue;
        auto kind = TokenKind::kPunctuation;
        if (size_t link = LinkEnd(text, begin); link > begin) {
            at = link;
        } else if (IsIdeograph(c)) {
            kind = TokenKind::kIdeograph;
        } else if (IsLetter(c) || IsDigit(c)) {
            kind = IsDigit(c) ? TokenKind::kNumber : TokenKind::kWord;
            at = WordEnd(text, at, kind == TokenKind::kNumber);
        } else if (IsSymbol(c)) {
            kind = TokenKind::kSymbol;
        } else if (c < 0x80) {
            at = PunctuationEnd(text, at);
        }
        std::string_view raw = text.substr(begin, at - begin);
        tokens.push_back({kind, static_cast<uint32_t>(begin), static_cast<uint32_t>(at), kind == TokenKind::kPunctuation ? std::string(raw) : Folded(raw)});
    }
    return tokens;
}

namespace {

// Words before a full stop that does not end a sentence, in the languages of the example's users.
constexpr auto kAbbreviations = std::to_array<std::string_view>(
    {"abb", "abs", "adj", "al", "approx", "art", "aufl", "av", "bd", "bl", "bsp", "bspw", "bzgl", "bzw", "ca", "cap", "capt", "cf", "co",
     "col", "corp", "dept", "dipl", "dir", "dr", "dra", "e.g", "ed", "eds", "eg", "esp", "est", "etc", "evtl", "ex", "exp", "fig", "figs",
     "gen", "ggf", "gov", "hon", "hr", "i.e", "ie", "inc", "incl", "inkl", "jr", "kap", "lt", "ltd", "max", "mfg", "min", "mio", "mr", "mrd",
     "mrs", "ms", "mt", "no", "nos", "nr", "núm", "op", "p", "pag", "phd", "pp", "prof", "pág", "rd", "ref", "resp", "rev", "s", "sec",
     "sen", "sgt", "sog", "sr", "sra", "st", "str", "stv", "tel", "u", "univ", "usw", "vgl", "viz", "vol", "vs", "zb", "z.b", "zzgl"});

bool Abbreviated(std::string_view text, size_t stop) {
    size_t begin = stop;
    while (begin > 0 && stop - begin < 12) {
        auto c = static_cast<unsigned char>(text[begin - 1]);
        if (c <= ' ' || c == '(' || c == '"') break;
        begin--;
    }
    std::string word = Folded(text.substr(begin, stop - begin));
    size_t end = 0;
    if (word.empty()) return false;
    char32_t first = Next(word, end);
    if (end == word.size() && IsLetter(first) && !IsIdeograph(first)) return true;  // An initial.
    if (word.size() > 2 && word[word.size() - 2] == '.') return true;               // "U.S", "z.B".
    return std::ranges::find(kAbbreviations, word) != kAbbreviations.end();
}

// The first character that is no white space nor opening quote, from `at`; 0 at the end.
char32_t Following(std::string_view text, size_t at) {
    for (int looked = 0; at < text.size() && looked < 64; looked++) {
        char32_t c = Next(text, at);
        if (!IsSpace(c) && c != '"' && c != '\'' && c != '(' && c != 0x201C && c != 0x201E && c != 0xAB) return c;
    }
    return 0;
}

bool IsCloser(char32_t c) { return c == '"' || c == '\'' || c == ')' || c == ']' || c == 0x201D || c == 0x2019 || c == 0xBB || c == 0x300D || c == 0xFF09; }

// A sentence mark at `stop`, `after` behind it and what clings to it.
bool BreaksAfter(std::string_view text, char32_t mark, size_t stop, size_t after) {
    if (after >= text.size()) return true;
    size_t next = after;
    char32_t c = Next(text, next);
    if (mark >= 0x80 && mark != 0x2026) return true;  // "。" needs no space behind it.
    if (!IsSpace(c)) return false;
    char32_t following = Following(text, after);
    if (IsLower(following)) return false;
    return mark != '.' || !Abbreviated(text, stop);
}

// Whether a line end at `at` ends a sentence: what follows does not look like the rest of one.
bool LineBreaks(std::string_view text, size_t at) {
    char32_t c = Following(text, at);
    return c == 0 || !IsLower(c);
}

void Push(std::string_view text, size_t begin, size_t end, std::vector<Sentence> &out) {
    while (begin < end) {
        size_t after = begin;
        if (!IsSpace(Next(text, after))) break;
        begin = after;
    }
    while (end > begin && static_cast<unsigned char>(text[end - 1]) <= ' ') end--;
    if (begin < end) out.push_back({static_cast<uint32_t>(begin), static_cast<uint32_t>(end)});
}

}  // namespace

std::vector<Sentence> Sentences(std::string_view text) {
    text = text.substr(0, std::numeric_limits<uint32_t>::max() - 1);
    std::vector<Sentence> out;
    size_t begin = 0;
    for (size_t at = 0; at < text.size();) {
        size_t stop = at;
        char32_t c = Next(text, at);
        bool ends = false;
        if (c == '\n' || c == 0x2028 || c == 0x2029) {
            bool blank_line = at < text.size() && (text[at] == '\n' || text[at] == '\r');
            ends = blank_line || LineBreaks(text, at);
        } else if (EndsSentence(c)) {
            for (size_t next = at; next < text.size(); at = next) {
                char32_t more = Next(text, next);
                if (!EndsSentence(more) && !IsCloser(more)) break;
                if (EndsSentence(more)) c = more == '.' ? c : more;
            }
            ends = BreaksAfter(text, c, stop, at);
        }
        if (!ends) continue;
        Push(text, begin, at, out);
        begin = at;
    }
    Push(text, begin, text.size(), out);
    return out;
}

}  // namespace tarn::ai::local
