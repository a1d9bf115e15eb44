// Any bytes as a statement, an expression, a type, a script: nothing may crash, and what parses must render or say why.
#include <cstddef>
#include <cstdint>

#include "sql/parser.h"
#include "sql/render.h"

namespace {

class AnyTable : public tarn::sql::RenderContext {
public:
    tarn::Result<std::string> RenderTable(const tarn::sql::TableRef &table) override {
        return tarn::sql::QuoteIdentifier(table.name.Last());
    }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    std::string_view text(reinterpret_cast<const char *>(data), size);
    AnyTable context;
    if (auto statement = tarn::sql::ParseStatement(text)) {
        if (const auto *query = statement->As<tarn::sql::QueryStatement>()) {
            (void)tarn::sql::RenderQuery(*query->query, context);
            (void)tarn::sql::CollectUses(*query->query);
        }
    }
    if (auto expr = tarn::sql::ParseExpression(text)) {
        (void)tarn::sql::RenderExpr(**expr, context);
        (void)tarn::sql::ColumnNameOf(**expr);
    }
    (void)tarn::sql::ParseDataType(text);
    (void)tarn::sql::ParseSchema(text);
    (void)tarn::sql::SplitScript(text);
    (void)tarn::sql::IsComplete(text);
    (void)tarn::sql::SubstituteVariables(text, {{"a", "b"}});
    return 0;
}
