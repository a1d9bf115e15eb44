// Work on raw text, before there is a tree: splitting scripts, ${variables}, completeness, quoting of names.
#include <algorithm>

#include "sql/internal/lexer.h"
#include "base/nearest.h"
#include "sql/parser.h"

namespace tarn::sql {
namespace {

bool IsVariableByte(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '-';
}

// A ${name} or an escaped $${ in the text.
struct VariableUse {
    size_t begin = 0;
    size_t end = 0;
    std::string_view name;  // empty: unclosed, or not a name
    bool escaped = false;   // $${: `end` stands after the brace
    PieceKind within = PieceKind::kSymbol;
    char quote = '\0';      // of the string around it
    bool raw = false;       // in r'…'
};

// The use that starts at text[at] == '$', or nullopt.
std::optional<VariableUse> UseAt(std::string_view text, size_t at, size_t limit) {
    VariableUse use;
    use.begin = at;
    if (text.substr(at, 3) == "$${") {
        use.escaped = true;
        use.end = at + 3;
        return use;
    }
    if (text.substr(at, 2) != "${") return std::nullopt;
    size_t end = at + 2;
    while (end < limit && IsVariableByte(text[end])) end++;
    bool closed = end < limit && text[end] == '}' && end > at + 2;
    use.end = closed ? end + 1 : at + 2;
    if (closed) use.name = text.substr(at + 2, end - at - 2);
    return use;
}

std::vector<VariableUse> FindUses(std::string_view text) {
    std::vector<VariableUse> uses;
    for (size_t at = 0; at < text.size();) {
        Piece piece = ScanPiece(text, at);
        at = piece.end;
        if (piece.kind == PieceKind::kComment || piece.kind == PieceKind::kBlank) continue;
        bool quoted = piece.kind == PieceKind::kString || piece.kind == PieceKind::kQuotedName;
        if (!quoted && text[piece.begin] != '$') continue;
        bool raw = piece.kind == PieceKind::kString && (text[piece.begin] == 'r' || text[piece.begin] == 'R');
        for (size_t i = piece.begin; i < piece.end;) {
            size_t limit = quoted ? piece.end : text.size();
            std::optional<VariableUse> use = text[i] == '$' ? UseAt(text, i, limit) : std::nullopt;
            if (!use) {
                i++;
                continue;
            }
            use->within = piece.kind;
            use->raw = raw;
            use->quote = quoted ? text[raw ? piece.begin + 1 : piece.begin] : '\0';
            i = use->end;
            at = std::max(at, use->end);
            uses.push_back(*use);
        }
    }
    return uses;
}

void AppendValue(std::string &out, const std::string &value, const VariableUse &use) {
    for (char c : value) {
        bool in_string = use.within == PieceKind::kString && !use.raw;
        if (in_string && (c == use.quote || c == '\\')) out += '\\';
        if (use.within == PieceKind::kQuotedName && c == '`') out += '`';
        out += c;
    }
}

Error UnknownVariable(const VariableUse &use, std::string_view text, const std::map<std::string, std::string> &variables) {
    std::vector<std::string_view> known;
    for (const auto &entry : variables) known.push_back(entry.first);
    std::string message = "The variable `" + std::string(use.name) + "` cannot be resolved: no value was given for ${" +
                          std::string(use.name) + "}.";
    std::vector<std::string> nearest = NearestNames(use.name, known, 3);
    if (!nearest.empty()) message += " Did you mean one of these? [" + QuoteList(nearest) + "].";
    Error error = MakeError(ErrorKind::kInvalidInput, "UNRESOLVED_VARIABLE", std::move(message));
    error.position = PositionAt(text, use.begin);
    error.remedy = "Define it in the pipeline's configuration, or write $${ for a literal ${.";
    return error;
}

// Follows the words of a script to know which semicolons stand within BEGIN ATOMIC … END. END closes a block where a
// statement would begin; elsewhere it is a CASE's.
class BlockTracker {
public:
    // Every piece but blanks and comments, in order.
    void Feed(const Piece &piece, std::string_view text) {
        std::string_view word = text.substr(piece.begin, piece.end - piece.begin);
        bool is_word = piece.kind == PieceKind::kWord;
        bool separates = piece.kind == PieceKind::kSymbol && word == ";";
        if (!within_ && words_ == 1 && is_word && began_ && EqualsIgnoreCase(word, "ATOMIC")) {
            within_ = true;
            words_ = 0;
            return;
        }
        if (within_ && words_ == 0 && is_word && EqualsIgnoreCase(word, "END")) within_ = false;
        began_ = words_ == 0 && is_word && EqualsIgnoreCase(word, "BEGIN");
        words_ = separates ? 0 : words_ + 1;
    }
    bool Within() const { return within_; }

private:
    bool within_ = false;
    bool began_ = false;  // The last word was a statement's first, and BEGIN.
    size_t words_ = 0;    // Of the statement so far.
};

}  // namespace

std::vector<StatementText> SplitScript(std::string_view text) {
    std::vector<StatementText> statements;
    size_t begin = 0;
    size_t end = 0;  // of the last token
    bool open = false;
    SourcePosition position{1, 1};
    size_t counted = 0;
    BlockTracker blocks;
    auto finish = [&] {
        if (!open) return;
        position = PositionAt(text.substr(counted), begin - counted, position);
        counted = begin;
        statements.push_back({std::string(text.substr(begin, end - begin)), position, begin});
        open = false;
    };
    for (size_t at = 0; at < text.size();) {
        Piece piece = ScanPiece(text, at);
        at = piece.end;
        bool skip = piece.kind == PieceKind::kBlank || (piece.kind == PieceKind::kComment && piece.closed);
        if (skip) continue;
        blocks.Feed(piece, text);
        if (piece.kind == PieceKind::kSymbol && text[piece.begin] == ';' && !blocks.Within()) {
            finish();
            continue;
        }
        if (!open) begin = piece.begin;
        open = true;
        end = piece.end;
    }
    finish();
    return statements;
}

bool IsComplete(std::string_view text) {
    bool ends_with_semicolon = true;
    BlockTracker blocks;
    for (size_t at = 0; at < text.size();) {
        Piece piece = ScanPiece(text, at);
        at = piece.end;
        if (!piece.closed) return false;
        if (piece.kind == PieceKind::kBlank || piece.kind == PieceKind::kComment) continue;
        blocks.Feed(piece, text);
        ends_with_semicolon = piece.kind == PieceKind::kSymbol && text[piece.begin] == ';';
    }
    return ends_with_semicolon && !blocks.Within();
}

Result<std::string> SubstituteVariables(std::string_view text, const std::map<std::string, std::string> &variables) {
    std::string out;
    size_t copied = 0;
    for (const VariableUse &use : FindUses(text)) {
        out += text.substr(copied, use.begin - copied);
        copied = use.end;
        if (use.escaped) {
            out += "${";
            continue;
        }
        if (use.name.empty()) {
            Error error = SyntaxError(PositionAt(text, use.begin), "${", "A variable is written ${name}.");
            error.remedy = "Close it with }, or write $${ for a literal ${.";
            return Fail(std::move(error));
        }
        auto found = variables.find(std::string(use.name));
        if (found == variables.end()) return Fail(UnknownVariable(use, text, variables));
        AppendValue(out, found->second, use);
    }
    out += text.substr(copied);
    return out;
}

std::vector<std::string> FindVariables(std::string_view text) {
    std::vector<std::string> names;
    for (const VariableUse &use : FindUses(text)) {
        if (use.name.empty() || std::ranges::find(names, use.name) != names.end()) continue;
        names.emplace_back(use.name);
    }
    return names;
}

std::vector<std::string> FindParameters(std::string_view text) {
    std::vector<std::string> names;
    Piece before;
    for (Piece piece = ScanPiece(text, 0); piece.kind != PieceKind::kEnd; piece = ScanPiece(text, piece.end)) {
        bool colon = before.kind == PieceKind::kSymbol && text.substr(before.begin, before.end - before.begin) == ":";
        bool after_name = before.begin > 0 && (std::isalnum(static_cast<unsigned char>(text[before.begin - 1])) != 0 ||
                                               std::string_view("_`)]:").find(text[before.begin - 1]) != std::string_view::npos);
        if (colon && !after_name && piece.kind == PieceKind::kWord) {
            std::string name(text.substr(piece.begin, piece.end - piece.begin));
            if (std::ranges::find(names, name) == names.end()) names.push_back(std::move(name));
        }
        before = piece;
    }
    return names;
}

bool NeedsQuotes(std::string_view word) {
    if (word.empty() || (word[0] >= '0' && word[0] <= '9')) return true;
    return !std::ranges::all_of(word, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
    });
}

std::string QuoteName(std::string_view word) {
    std::string text = "`";
    for (char c : word) {
        if (c == '`') text += '`';
        text += c;
    }
    return text + "`";
}

}  // namespace tarn::sql
