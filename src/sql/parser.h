// sql/parser.h: Spark SQL text to trees.
//
// Knows text only: whether a table, column or function exists is others' business.
// Threads: pure functions, call from anywhere. Cost: linear in the text. Memory: a small multiple of the text.
// Errors: PARSE_SYNTAX_ERROR, UNCLOSED_BRACKETED_COMMENT, INVALID_NUMERIC_LITERAL_RANGE, INVALID_TYPED_LITERAL,
//         UNSUPPORTED_DATATYPE, RESOURCE_LIMIT_EXCEEDED (nesting), FEATURE_NOT_SUPPORTED (valid Spark, not ours yet);
//         all of kind kInvalidInput or kUnsupported, with the position of the offending token in `text`.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "sql/parameters.h"
#include "sql/statement.h"

namespace tarn::sql {

// Deeper nesting (parentheses, subqueries, operators in a chain) is RESOURCE_LIMIT_EXCEEDED: the parser, and whoever
// walks the tree recursively, never overflow the stack.
inline constexpr int kMaxNesting = 500;  // parentheses, function calls, subqueries; at most 4 MB of stack
inline constexpr int kMaxDepth = 900;   // height of a tree, e.g. the terms of a + b + c + …

// One statement of a script: its text without the `;` and without comments or blanks around it.
struct StatementText {
    std::string text;
    SourcePosition position;  // of its first token in the script
    size_t offset = 0;        // of the same, in bytes
};

struct ParsedStatement {
    Statement statement;      // positions in it count from the script's start
    std::string text;
    SourcePosition position;
};

// Splits at `;` outside strings, quoted names, comments and BEGIN ATOMIC … END. Never fails: an unclosed string or comment runs to the end,
// and parsing that statement says so. Pieces without a token are left out.
std::vector<StatementText> SplitScript(std::string_view text);

// All statements, or the first error.
Result<std::vector<ParsedStatement>> ParseScript(std::string_view text);

// Exactly one statement; a `;` may follow it. `start` is where `text` stands in a larger one: positions count from there.
// `parameters` (borrowed, may be nullptr) give IDENTIFIER(:name) its name; wherever else :name stands it stays a node.
Result<Statement> ParseStatement(std::string_view text, SourcePosition start = {1, 1}, const Parameters *parameters = nullptr);
Result<ExprPtr> ParseExpression(std::string_view text, SourcePosition start = {1, 1});
Result<QueryPtr> ParseQuery(std::string_view text, SourcePosition start = {1, 1}, const Parameters *parameters = nullptr);
// "bigint", "array<struct<a: int, `b c`: string COMMENT 'x'>>", "decimal(10, 2)"
Result<DataType> ParseDataType(std::string_view text);
// A table's schema as DDL text: "a INT NOT NULL, b STRING COMMENT 'x'" (read_files' `schema` option).
Result<std::vector<Field>> ParseSchema(std::string_view text);
// A dotted name: "main.patreon.`my table`".
Result<Name> ParseName(std::string_view text);

// For a shell: does the text end, outside strings, comments and BEGIN ATOMIC … END, with `;` (blanks and comments may follow)?
// Text without any token counts as complete.
bool IsComplete(std::string_view text);

// Replaces ${name} everywhere outside comments: in names, in string literals, between tokens, as Databricks pipelines do.
// `$${` stays as `${`. Names: letters, digits, `_`, `.`, `-`. A value goes in as it is: inside a string literal its
// quotes and backslashes are escaped.
// Errors: UNRESOLVED_VARIABLE  no such name in `variables`; the message lists the nearest
//         PARSE_SYNTAX_ERROR   `${` without `}`
Result<std::string> SubstituteVariables(std::string_view text, const std::map<std::string, std::string> &variables);

// Every ${name} of the text, once, in order of appearance.
std::vector<std::string> FindVariables(std::string_view text);

// Every :name of the text, once, in order of appearance. Takes a path into JSON (column:name) for one only where a blank or symbol stands before it.
std::vector<std::string> FindParameters(std::string_view text);

// Whether `word` needs back quotes as a name, and the word so quoted.
bool NeedsQuotes(std::string_view word);
std::string QuoteName(std::string_view word);

// Spark's keywords, upper case, sorted, for completion; FunctionNames() in functions.h has the functions.
const std::vector<std::string> &Keywords();

}  // namespace tarn::sql
