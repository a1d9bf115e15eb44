// Entry points, and the tools that every part of the parser uses.
#include "sql/parser.h"

#include <algorithm>
#include <charconv>
#include <span>

#include "sql/internal/parser_impl.h"

namespace tarn::sql {
namespace {

// Clause words: an alias without AS is never one of them.
constexpr std::string_view kClauseWords[] = {
    "FROM",   "WHERE",     "HAVING", "LIMIT",  "OFFSET", "UNION",   "INTERSECT", "EXCEPT",  "MINUS",       "LATERAL",
    "QUALIFY",   "ON",     "USING",  "JOIN",   "INNER",   "LEFT",      "RIGHT",   "FULL",        "CROSS",
    "SEMI",   "ANTI",      "NATURAL", "WHEN",  "THEN",   "ELSE",    "END",       "AND",     "OR",          "NOT",
    "IN",     "IS",        "LIKE",   "ILIKE",  "RLIKE",  "BETWEEN", "AS",        "DIV",     "REGEXP",      "ASC",
    "DESC",   "NULLS",
};
// Only after a table: elsewhere they may well be aliases.
constexpr std::string_view kTableClauseWords[] = {"SET", "PIVOT", "UNPIVOT", "TABLESAMPLE", "SELECT", "VALUES", "KEYS"};
// These start a clause only before BY (or AS OF, or FOR).
constexpr std::string_view kByWords[] = {"GROUP", "ORDER", "SORT", "DISTRIBUTE", "CLUSTER", "SEQUENCE"};

bool Contains(std::span<const std::string_view> words, std::string_view word) {
    return std::ranges::find(words, word) != words.end();
}

template <class Parse>
auto ParseAll(std::string_view text, SourcePosition start, Parse parse) -> decltype(parse(std::declval<Parser &>())) {
    TARN_TRY(std::vector<Token> tokens, Lex(text, start));
    Parser parser(text, std::move(tokens));
    auto result = parse(parser);
    if (!result) return result;
    TARN_CHECK(parser.ExpectEnd());
    return result;
}

}  // namespace

Parser::Parser(std::string_view source, std::vector<Token> tokens)
    : source_(source), tokens_(std::move(tokens)), closing_(tokens_.size(), 0), inner_(tokens_.size(), 0),
      stack_start_(static_cast<const char *>(__builtin_frame_address(0))) {
    std::vector<uint32_t> open;
    for (uint32_t i = 0; i < tokens_.size(); i++) {
        if (tokens_[i].kind != TokenKind::kSymbol) continue;
        if (tokens_[i].text == "(") open.push_back(i);
        if (tokens_[i].text == ")" && !open.empty()) {
            closing_[open.back()] = i;
            open.pop_back();
        }
    }
    for (uint32_t i = static_cast<uint32_t>(tokens_.size()); i-- > 0;) inner_[i] = tokens_[i].Is("(") ? inner_[i + 1] : i;
}

bool Parser::Accept(std::string_view word) {
    if (!Is(word)) return false;
    Next();
    return true;
}

bool Parser::IsWords(std::initializer_list<std::string_view> words, size_t ahead) const {
    for (std::string_view word : words) {
        if (!Peek(ahead++).Is(word)) return false;
    }
    return true;
}

bool Parser::IsAny(std::initializer_list<std::string_view> words) const {
    return std::ranges::any_of(words, [&](std::string_view word) { return Is(word); });
}

bool Parser::AcceptWords(std::initializer_list<std::string_view> words) {
    if (!IsWords(words)) return false;
    for (size_t i = 0; i < words.size(); i++) Next();
    return true;
}

Result<void> Parser::Expect(std::string_view word) {
    if (!Accept(word)) return Fail(ErrorHere(word));
    return {};
}

Result<void> Parser::ExpectWords(std::initializer_list<std::string_view> words) {
    for (std::string_view word : words) TARN_CHECK(Expect(word));
    return {};
}

bool Parser::IsIdentifier(size_t ahead) const {
    const Token &token = Peek(ahead);
    return token.kind == TokenKind::kName || token.kind == TokenKind::kQuotedName;
}

bool Parser::IsAliasHere(bool of_table) const {
    if (Peek().kind == TokenKind::kQuotedName) return true;
    if (Peek().kind != TokenKind::kName) return false;
    const std::string &word = Peek().upper;
    if (Contains(kClauseWords, word)) return false;
    if (Contains(kByWords, word) && Peek(1).Is("BY")) return false;
    if (word == "WINDOW" && Peek(2).Is("AS")) return false;
    if (!of_table) return true;
    bool time_travel = (word == "VERSION" || word == "TIMESTAMP") && Peek(1).Is("AS");
    bool system_time = word == "FOR" && (Peek(1).Is("SYSTEM_VERSION") || Peek(1).Is("SYSTEM_TIME") ||
                                         Peek(1).Is("VERSION") || Peek(1).Is("TIMESTAMP"));
    bool apply = (word == "APPLY" && Peek(1).Is("AS")) || (word == "IGNORE" && Peek(1).Is("NULL"));
    return !time_travel && !system_time && !apply && !Contains(kTableClauseWords, word);
}

bool Parser::StartsQuery(size_t ahead) const {
    size_t first = std::min(at_ + ahead, tokens_.size() - 1);
    size_t inner = inner_[first];
    const Token &token = tokens_[inner];
    const Token &next = tokens_[std::min(inner + 1, tokens_.size() - 1)];
    bool name_next = next.kind == TokenKind::kName || next.kind == TokenKind::kQuotedName;
    bool query = token.Is("SELECT") || (token.Is("WITH") && name_next) ||
                 (token.Is("VALUES") && (next.Is("(") || next.kind == TokenKind::kInteger ||
                                         next.kind == TokenKind::kString || next.Is("NULL"))) ||
                 (token.Is("TABLE") && name_next) || (token.Is("FROM") && (name_next || next.Is("(")));
    if (!query) return false;
    for (size_t paren = inner; paren-- > first;) {
        if (closing_[paren] == 0) return true;  // the error is found while parsing
        const Token &after = tokens_[closing_[paren] + 1];
        if (after.Is(")")) continue;
        bool query_goes_on = false;
        for (std::string_view word : {"UNION", "INTERSECT", "EXCEPT", "MINUS", "ORDER", "LIMIT", "OFFSET", "SORT",
                                      "CLUSTER", "DISTRIBUTE"}) {
            query_goes_on = query_goes_on || after.Is(word);
        }
        return query_goes_on || (paren == first && (after.kind == TokenKind::kEnd || after.Is(";")));
    }
    return true;
}

Error Parser::ErrorHere(std::string_view expected) const {
    const Token &token = Peek();
    std::string near(source_.substr(token.begin, token.end - token.begin));
    if (near.size() > 60) near = near.substr(0, 57) + "...";
    std::string detail = expected.empty() ? "" : "Expected " + std::string(expected) + " here.";
    return SyntaxError(token.position, near, detail);
}

Error Parser::UnsupportedHere(std::string_view what, std::string_view remedy) const {
    Error error = MakeError(ErrorKind::kUnsupported, "FEATURE_NOT_SUPPORTED", std::string(what) + " is not supported.");
    error.position = Peek().position;
    error.remedy = remedy;
    return error;
}

std::string Parser::TextFrom(size_t begin) const {
    size_t end = at_ > 0 ? tokens_[at_ - 1].end : begin;
    return std::string(source_.substr(begin, end > begin ? end - begin : 0));
}

Result<void> Parser::ExpectEnd() {
    while (Accept(";")) {
    }
    if (!AtEnd()) return Fail(ErrorHere("the end of the statement"));
    return {};
}

Result<std::string> Parser::ParseIdentifier(std::string_view what) {
    if (!IsIdentifier()) return Fail(ErrorHere(what));
    return Next().text;
}

Result<Name> Parser::ParseName() {
    if (IsIdentifierClause()) return ParseIdentifierClause();
    Name name;
    name.position = Peek().position;
    do {
        TARN_TRY(std::string part, ParseIdentifier("a name"));
        name.parts.push_back(std::move(part));
    } while (Is(".") && IsIdentifier(1) && Accept("."));
    if (Is(".")) {
        Next();
        return Fail(ErrorHere("a name"));
    }
    return name;
}

// IDENTIFIER(text): a name made of constants. The text is parsed as a name and as nothing else.
Result<Name> Parser::ParseIdentifierClause() {
    SourcePosition position = Peek().position;
    Next();
    TARN_CHECK(Expect("("));
    TARN_TRY(ExprPtr expr, ParseExpr());
    TARN_CHECK(Expect(")"));
    TARN_TRY(std::string text, ConstantText(*expr));
    auto name = sql::ParseName(text);
    if (!name) {
        Error error = MakeError(ErrorKind::kInvalidInput, "PARSE_SYNTAX_ERROR", "IDENTIFIER('" + text + "') is not a name.");
        error.position = position;
        error.remedy = "A name is letters, digits and _, or anything between back quotes; parts are separated by dots.";
        return Fail(std::move(error));
    }
    name->position = position;
    return name;
}

// The value of a string literal, of a parameter that is one, and of these joined by ||.
Result<std::string> Parser::ConstantText(const Expr &expr) const {
    if (const auto *literal = expr.As<Literal>(); literal != nullptr && literal->type.kind == TypeKind::kString) return literal->text;
    if (const auto *binary = expr.As<Binary>(); binary != nullptr && binary->op == BinaryOp::kConcat) {
        TARN_TRY(std::string left, ConstantText(*binary->left));
        TARN_TRY(std::string right, ConstantText(*binary->right));
        return left + right;
    }
    Error error = MakeError(ErrorKind::kInvalidInput, "NOT_A_CONSTANT_STRING.NOT_CONSTANT",
                            "The expression used for IDENTIFIER must be a constant STRING.");
    if (const auto *parameter = expr.As<Parameter>()) {
        auto it = parameters_ != nullptr ? parameters_->find(parameter->name) : Parameters::const_iterator{};
        bool known = parameters_ != nullptr && it != parameters_->end();
        if (known && it->second->As<Parameter>() == nullptr) return ConstantText(*it->second);
        if (!known) error = MakeError(ErrorKind::kInvalidInput, "UNBOUND_SQL_PARAMETER", "Found the unbound parameter: " + parameter->name + ".");
    }
    error.position = expr.position;
    return Fail(std::move(error));
}

Result<std::vector<std::string>> Parser::ParseNameList() {
    TARN_CHECK(Expect("("));
    std::vector<std::string> names;
    do {
        TARN_TRY(std::string name, ParseIdentifier("a name"));
        names.push_back(std::move(name));
    } while (Accept(","));
    TARN_CHECK(Expect(")"));
    return names;
}

Result<std::vector<Name>> Parser::ParseDottedNameList() {
    TARN_CHECK(Expect("("));
    std::vector<Name> names;
    do {
        TARN_TRY(Name name, ParseName());
        names.push_back(std::move(name));
    } while (Accept(","));
    TARN_CHECK(Expect(")"));
    return names;
}

Result<std::string> Parser::ParseString(std::string_view what) {
    if (Peek().kind != TokenKind::kString) return Fail(ErrorHere(what));
    std::string text;
    while (Peek().kind == TokenKind::kString) text += Next().text;
    return text;
}

Result<int64_t> Parser::ParseInteger(std::string_view what) {
    bool negative = Is("-") && Peek(1).kind == TokenKind::kInteger;
    const Token &token = Peek(negative ? 1 : 0);
    int64_t value = 0;
    auto [end, error] = std::from_chars(token.text.data(), token.text.data() + token.text.size(), value);
    bool whole = error == std::errc() && end == token.text.data() + token.text.size();
    if (token.kind != TokenKind::kInteger || !whole) return Fail(ErrorHere(what));
    if (negative) Next();
    Next();
    return negative ? -value : value;
}

// A path stands where a name stands: delta.`/data/users`.
bool Parser::SplitPathName(const Name &name) const {
    if (name.parts.size() != 2) return false;
    bool format = std::ranges::any_of(std::initializer_list<std::string_view>{"delta", "parquet", "json", "csv", "text", "orc", "avro"},
                                      [&](std::string_view known) { return EqualsIgnoreCase(name.parts[0], known); });
    return format && name.parts[1].find('/') != std::string::npos;
}

Result<Name> Parser::ParseTableName(bool *is_path) {
    TARN_TRY(Name name, ParseName());
    *is_path = SplitPathName(name);
    return name;
}

// 'a.b', a.b, `a b`
Result<std::string> Parser::ParsePropertyKey() {
    if (Peek().kind == TokenKind::kString) return Next().text;  // one: 'key' 'value' stand side by side
    TARN_TRY(Name name, ParseName());
    std::string key;
    for (const std::string &part : name.parts) key += (key.empty() ? "" : ".") + part;
    return key;
}

Result<Properties> Parser::ParseProperties() {
    TARN_CHECK(Expect("("));
    Properties properties;
    do {
        TARN_TRY(std::string key, ParsePropertyKey());
        Accept("=");
        std::string value;
        if (Peek().kind == TokenKind::kString) {
            TARN_TRY(value, ParseString("a value"));
        } else if (IsAny({"TRUE", "FALSE"})) {
            value = ToLower(Next().text);
        } else {
            bool negative = Accept("-");
            bool number = Peek().kind == TokenKind::kInteger || Peek().kind == TokenKind::kDecimal;
            if (!number) return Fail(ErrorHere("a value: a string, a number, TRUE or FALSE"));
            value = (negative ? "-" : "") + Next().text;
        }
        properties.emplace_back(std::move(key), std::move(value));
    } while (Accept(","));
    TARN_CHECK(Expect(")"));
    return properties;
}

// ---- Entry points ------------------------------------------------------------------------------------------------

Result<Statement> ParseStatement(std::string_view text, SourcePosition start, const Parameters *parameters) {
    return ParseAll(text, start, [&](Parser &parser) {
        parser.UseParameters(parameters);
        return parser.ParseStatement();
    });
}

Result<ExprPtr> ParseExpression(std::string_view text, SourcePosition start) {
    return ParseAll(text, start, [](Parser &parser) { return parser.ParseExpr(); });
}

Result<QueryPtr> ParseQuery(std::string_view text, SourcePosition start, const Parameters *parameters) {
    return ParseAll(text, start, [&](Parser &parser) {
        parser.UseParameters(parameters);
        return parser.ParseQuery();
    });
}

Result<DataType> ParseDataType(std::string_view text) {
    return ParseAll(text, {1, 1}, [](Parser &parser) { return parser.ParseType(); });
}

Result<std::vector<Field>> ParseSchema(std::string_view text) {
    return ParseAll(text, {1, 1}, [](Parser &parser) { return parser.ParseSchemaFields(); });
}

Result<Name> ParseName(std::string_view text) {
    return ParseAll(text, {1, 1}, [](Parser &parser) { return parser.ParseName(); });
}

Result<std::vector<ParsedStatement>> ParseScript(std::string_view text) {
    std::vector<ParsedStatement> statements;
    for (StatementText &piece : SplitScript(text)) {
        TARN_TRY(Statement statement, ParseStatement(piece.text, piece.position));
        statements.push_back({std::move(statement), std::move(piece.text), piece.position});
    }
    return statements;
}

}  // namespace tarn::sql
