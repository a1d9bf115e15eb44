#include "support.h"

namespace tarn::sql {
namespace {

std::vector<std::string> Split(std::string_view text) {
    std::vector<std::string> out;
    for (const StatementText &piece : SplitScript(text)) out.push_back(piece.text);
    return out;
}

TEST(Script, Splits) {
    using Texts = std::vector<std::string>;
    EXPECT_EQ(Split(""), Texts{});
    EXPECT_EQ(Split(" ; ;\n-- only a comment\n;"), Texts{});
    EXPECT_EQ(Split("select 1; select 2"), (Texts{"select 1", "select 2"}));
    EXPECT_EQ(Split("select ';' ; select `;`; select \";\" -- ;\n; /* ; */ select 3;"),
              (Texts{"select ';'", "select `;`", "select \";\"", "select 3"}));
    EXPECT_EQ(Split("select 'it\\';s'; x"), (Texts{"select 'it\\';s'", "x"}));
    EXPECT_EQ(Split("select 1; select 'open"), (Texts{"select 1", "select 'open"}));
}

TEST(Script, AnAtomicBlockIsOneStatement) {
    using Texts = std::vector<std::string>;
    std::string block = "begin atomic insert into t values (case when a then 1 end); update u set x = 1; end";
    EXPECT_EQ(Split("select 1; " + block + "; select 2"), (Texts{"select 1", block, "select 2"}));
    EXPECT_EQ(Split("select begin atomic; select 2"), (Texts{"select begin atomic", "select 2"}));
    EXPECT_EQ(Split("BEGIN /* so */ ATOMIC ; END; x"), (Texts{"BEGIN /* so */ ATOMIC ; END", "x"}));
    EXPECT_FALSE(IsComplete("begin atomic insert into t values (1);"));
    EXPECT_TRUE(IsComplete(block + ";"));
    EXPECT_FALSE(IsComplete(block));
    auto parsed = ParseStatement(block);
    ASSERT_TRUE(parsed) << parsed.error().ToString();
    ASSERT_TRUE(parsed->As<AtomicBlock>());
    ASSERT_EQ(parsed->As<AtomicBlock>()->statements.size(), 2u);
    EXPECT_TRUE(parsed->As<AtomicBlock>()->statements[1]->As<Update>());
    EXPECT_EQ(ParseStatement("begin atomic select 1 end").error().condition, "PARSE_SYNTAX_ERROR");
    EXPECT_EQ(ParseStatement("begin atomic select 1;").error().condition, "PARSE_SYNTAX_ERROR");
}

TEST(Script, OneBadStatementDoesNotHideTheRest) {
    auto pieces = SplitScript("select 1;\nselec 2;\nselect 3");
    ASSERT_EQ(pieces.size(), 3u);
    EXPECT_EQ(pieces[1].position, (SourcePosition{2, 1}));
    auto bad = ParseStatement(pieces[1].text, pieces[1].position);
    ASSERT_FALSE(bad);
    EXPECT_EQ(bad.error().position, (SourcePosition{2, 1}));
    EXPECT_TRUE(ParseStatement(pieces[2].text, pieces[2].position));
    auto all = ParseScript("select 1; select 2");
    ASSERT_TRUE(all);
    EXPECT_EQ((*all)[1].text, "select 2");
    EXPECT_EQ((*all)[1].position, (SourcePosition{1, 11}));
}

TEST(Script, IsComplete) {
    EXPECT_TRUE(IsComplete(""));
    EXPECT_TRUE(IsComplete("  -- nothing\n"));
    EXPECT_TRUE(IsComplete("select 1;"));
    EXPECT_TRUE(IsComplete("select 1; -- done\n"));
    EXPECT_FALSE(IsComplete("select 1"));
    EXPECT_FALSE(IsComplete("select ';"));
    EXPECT_FALSE(IsComplete("select 1; /* open"));
    EXPECT_FALSE(IsComplete("select 1; select 2"));
}

TEST(Variables, Substitute) {
    std::map<std::string, std::string> values = {{"source", "/data/it's"}, {"schema", "patreon"}, {"n", "5"}, {"tick", "a`b"}};
    auto substituted = [&](std::string_view text) {
        auto result = SubstituteVariables(text, values);
        return result ? *result : "ERROR " + result.error().condition + ": " + result.error().message;
    };
    EXPECT_EQ(substituted("SELECT ${n} FROM ${schema}.t"), "SELECT 5 FROM patreon.t");
    EXPECT_EQ(substituted("'${source}/users{,-*}.json'"), "'/data/it\\'s/users{,-*}.json'");
    EXPECT_EQ(substituted("r'${n}' `${tick}`"), "r'5' `a``b`");
    EXPECT_EQ(substituted("-- ${unknown}\n1 /* ${unknown} */"), "-- ${unknown}\n1 /* ${unknown} */");
    EXPECT_EQ(substituted("'$${n} $5'"), "'${n} $5'");
    EXPECT_EQ(substituted("${scema}"),
              "ERROR UNRESOLVED_VARIABLE: The variable `scema` cannot be resolved: no value was given for ${scema}. Did you mean one of "
              "these? [`schema`].");
    EXPECT_TRUE(substituted("select '${n'").starts_with("ERROR PARSE_SYNTAX_ERROR"));
    EXPECT_EQ(FindVariables("${a} '${b}/${a}' -- ${c}"), (std::vector<std::string>{"a", "b"}));
    auto unknown = SubstituteVariables("select 1,\n  '${nope}'", {});
    ASSERT_FALSE(unknown);
    EXPECT_EQ(unknown.error().position, (SourcePosition{2, 4}));
}

TEST(Names, Quotes) {
    EXPECT_FALSE(NeedsQuotes("users_raw"));
    EXPECT_TRUE(NeedsQuotes("a b"));
    EXPECT_TRUE(NeedsQuotes("1a"));
    EXPECT_EQ(QuoteName("a`b"), "`a``b`");
    auto name = ParseName("main.`my table`.x");
    ASSERT_TRUE(name);
    EXPECT_EQ(name->ToString(), "main.`my table`.x");
    EXPECT_FALSE(ParseName("a."));
}

TEST(Types, Parse) {
    auto text = [](std::string_view type) {
        auto parsed = ParseDataType(type);
        return parsed ? parsed->ToString() : "ERROR " + parsed.error().condition;
    };
    EXPECT_EQ(text("BIGINT"), "bigint");
    EXPECT_EQ(text("varchar(10)"), "string");
    EXPECT_EQ(text("decimal"), "decimal(10,0)");
    EXPECT_EQ(text("array<struct<a: int, `b c`: map<string,array<decimal(10,2)>>>>"),
              "array<struct<a:int,b c:map<string,array<decimal(10,2)>>>>");
    EXPECT_EQ(text("struct<>"), "struct<>");
    EXPECT_EQ(text("decimal(39, 0)"), "ERROR PARSE_SYNTAX_ERROR");
    EXPECT_EQ(text("bigin"), "ERROR UNSUPPORTED_DATATYPE");
    auto fields = ParseSchema("a INT NOT NULL, b STRING COMMENT 'x\"y'");
    ASSERT_TRUE(fields);
    EXPECT_FALSE((*fields)[0].nullable);
    EXPECT_EQ((*fields)[1].metadata.at("comment"), "\"x\\\"y\"");
}

}  // namespace
}  // namespace tarn::sql
