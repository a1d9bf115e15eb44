#include "sql/internal/lexer.h"

#include <gtest/gtest.h>

namespace tarn::sql {
namespace {

// "kind:text" of every token but the last, separated by blanks.
std::string Tokens(std::string_view text) {
    Result<std::vector<Token>> tokens = Lex(text, {1, 1});
    if (!tokens) return "ERROR " + tokens.error().condition;
    static constexpr std::string_view kKinds[] = {"end", "name", "quoted", "string", "int", "dec", "exp", "sym"};
    std::string out;
    for (const Token &token : *tokens) {
        if (token.kind == TokenKind::kEnd) break;
        if (!out.empty()) out += ' ';
        out += std::string(kKinds[static_cast<int>(token.kind)]) + ":" + token.text + (token.suffix.empty() ? "" : "/" + token.suffix);
    }
    return out;
}

struct Case {
    std::string_view text;
    std::string_view tokens;
};

TEST(Lexer, Tokens) {
    const Case cases[] = {
        {"", ""},
        {"select a", "name:select name:a"},
        {"`a b` `a``b`", "quoted:a b quoted:a`b"},
        {"1 1L 2s 3Y 1.5 .5 5. 1e3 1.5E-2 2D 1.5bd", "int:1 int:1/L int:2/S int:3/Y dec:1.5 dec:.5 dec:5. exp:1e3 exp:1.5E-2 int:2/D dec:1.5/BD"},
        {"1day 2024_users", "name:1day name:2024_users"},
        {"t.1 a.b", "name:t sym:. int:1 name:a sym:. name:b"},
        {"<=> <> != == <= >= || << :: -> =>", "sym:<=> sym:<> sym:!= sym:== sym:<= sym:>= sym:|| sym:<< sym::: sym:-> sym:=>"},
        {"a>>b", "name:a sym:> sym:> name:b"},
        {"-- comment\na /* b /* nested */ c */ d", "name:a name:d"},
        {"naïve 表", "name:naïve name:表"},
        {"a\u00a0b", "name:a name:b"},
    };
    for (const Case &c : cases) EXPECT_EQ(Tokens(c.text), c.tokens) << c.text;
}

TEST(Lexer, StringEscapes) {
    const Case cases[] = {
        {R"('it''s')", "string:it's"},
        {R"('it\'s')", "string:it's"},
        {R"("say ""hi""")", "string:say \"hi\""},
        {R"('a\nb\tc')", "string:a\nb\tc"},
        {R"('\u00e9\U0001F600')", "string:é😀"},
        {R"('\ud83d\ude00')", "string:😀"},
        {R"('\101')", "string:A"},
        {R"('50\% \_x')", R"(string:50\% \_x)"},
        {R"('C:\\dir')", R"(string:C:\dir)"},
        {R"(r'\d+\')", R"(string:\d+\)"},
        {R"(R"a\b")", R"(string:a\b)"},
        {"''", "string:"},
    };
    for (const Case &c : cases) EXPECT_EQ(Tokens(c.text), c.tokens) << c.text;
}

TEST(Lexer, Errors) {
    const Case cases[] = {
        {"'abc", "ERROR PARSE_SYNTAX_ERROR"},
        {"`abc", "ERROR PARSE_SYNTAX_ERROR"},
        {"``", "ERROR PARSE_SYNTAX_ERROR"},
        {"a /* b", "ERROR UNCLOSED_BRACKETED_COMMENT"},
        {R"('abc\')", "ERROR PARSE_SYNTAX_ERROR"},
    };
    for (const Case &c : cases) EXPECT_EQ(Tokens(c.text), c.tokens) << c.text;
}

TEST(Lexer, PositionsCountCodePoints) {
    auto tokens = Lex("é x\n  'ü' y", {3, 5});
    ASSERT_TRUE(tokens);
    EXPECT_EQ((*tokens)[1].position, (SourcePosition{3, 7}));
    EXPECT_EQ((*tokens)[2].position, (SourcePosition{4, 3}));
    EXPECT_EQ((*tokens)[3].position, (SourcePosition{4, 7}));
}

}  // namespace
}  // namespace tarn::sql
