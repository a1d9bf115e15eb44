#include "sql/functions.h"

#include <algorithm>
#include <random>

#include "sql/internal/datetime_pattern.h"
#include "sql/internal/renderer.h"
#include "support.h"

namespace tarn::sql {
namespace {

TEST(Functions, ThereAreManyAndEachRendersOrSaysWhy) {
    EXPECT_GT(FunctionNames().size(), 300u);
    EXPECT_TRUE(std::ranges::is_sorted(FunctionNames()));
    for (std::string_view name : FunctionNames()) {
        for (const FunctionSpec *spec : FindFunctions(name)) {
            EXPECT_TRUE(spec->handler != nullptr || !spec->text.empty()) << name;
            for (int count = spec->min_args; count <= std::min(spec->max_args, spec->min_args + 2); count++) {
                std::string text = std::string(name) + "(";
                for (int i = 0; i < count; i++) text += (i > 0 ? ", a" : "a") + std::to_string(i);
                // Never an internal error, and no argument of the template left unfilled.
                std::string rendered = RenderedExpr(text + ")");
                EXPECT_EQ(rendered.find('$'), std::string::npos) << rendered;
                EXPECT_EQ(rendered.find('#'), std::string::npos) << rendered;
                EXPECT_EQ(rendered.find("INTERNAL"), std::string::npos) << rendered;
            }
        }
    }
}

// Every helper that a text can call has a contract and a macro.
TEST(Functions, HelpersExist) {
    FakeContext context;
    for (std::string_view name : FunctionNames()) {
        for (int count = 0; count < 8; count++) {
            std::string text = std::string(name) + "(";
            for (int i = 0; i < count; i++) text += (i > 0 ? ", a" : "a") + std::to_string(i);
            if (auto expr = ParseExpression(text + ")")) (void)RenderExpr(**expr, context);
        }
    }
    for (std::string_view text :
         {"a / b", "a % b", "a div b", "a >>> b", "a + interval 1 day", "a - interval 1 hour", "a[1]", "a[b]", "cast(a as tinyint)",
          "cast(a as smallint)", "cast(a as int)", "cast(a as bigint)", "cast(a as double)", "cast(a as string)", "cast(a as binary)",
          "cast(a as timestamp)", "try_cast(a as tinyint)", "try_cast(a as smallint)", "try_cast(a as int)", "try_cast(a as bigint)",
          "try_cast(a as double)", "try_cast(a as timestamp)", "exists(a, x -> x)", "forall(a, x -> x)", "substring(a, b)", "from_json(a, 'b INT')"}) {
        ASSERT_TRUE(RenderExpr(**ParseExpression(text), context)) << text;
    }
    EXPECT_GT(context.helpers.size(), 40u);
    for (const std::string &helper : context.helpers) EXPECT_NE(FindHelperMacro(helper), nullptr) << helper;
    for (const HelperMacro &macro : HelperMacros()) {
        EXPECT_FALSE(macro.semantics.empty()) << macro.name;
        EXPECT_NE(macro.ddl.find("MACRO " + std::string(macro.name) + "("), std::string_view::npos) << macro.name;
        EXPECT_TRUE(context.helpers.contains(macro.name)) << macro.name << " is never used";
    }
}

TEST(Functions, DatePatterns) {
    auto format = [](std::string_view pattern) {
        std::string unknown;
        auto parts = TranslatePattern(pattern, &unknown);
        if (!parts) return "unknown " + unknown;
        std::string text;
        for (const PatternPart &part : *parts) text += part.format + (part.fraction_digits > 0 ? "<" + std::to_string(part.fraction_digits) + ">" : "");
        return text;
    };
    EXPECT_EQ(format("yyyy-MM-dd HH:mm:ss"), "%Y-%m-%d %H:%M:%S");
    EXPECT_EQ(format("EEE, d MMM yy hh:mm a"), "%a, %-d %b %y %I:%M %p");
    EXPECT_EQ(format("yyyy-MM-dd'T'HH:mm:ss.SSSSSSXXX"), "%Y-%m-%dT%H:%M:%S.%f%z");
    EXPECT_EQ(format("ss.S"), "%S.<1>");
    EXPECT_EQ(format("''100%''"), "'100%%'");
    EXPECT_EQ(format("yyyy-qq"), "unknown qq");
}

}  // namespace
}  // namespace tarn::sql
