// SHOW and DESCRIBE.
#include "sql/internal/parser_impl.h"

namespace tarn::sql {

namespace {

struct ShowForm {
    std::string_view word;
    Show::What what;
};

}  // namespace

// SHOW <things> [IN | FROM name] [[LIKE] 'pattern']
Result<Statement::Node> Parser::ParseShow() {
    Next();
    Show show;
    if (AcceptWords({"CREATE", "TABLE"})) {
        show.what = Show::What::kCreateTable;
        TARN_TRY(show.in, ParseName());
        AcceptWords({"AS", "SERDE"});
        return show;
    }
    if (Accept("TBLPROPERTIES")) {
        show.what = Show::What::kProperties;
        TARN_TRY(show.in, ParseName());
        if (Accept("(")) {
            TARN_TRY(show.property_key, ParsePropertyKey());
            TARN_CHECK(Expect(")"));
        }
        return show;
    }
    if (AcceptWords({"TABLES", "DROPPED"})) {
        show.what = Show::What::kTablesDropped;
        if (Accept("IN") || Accept("FROM")) {
            TARN_TRY(show.in, ParseName());
        }
        if (Accept("LIMIT")) {
            TARN_TRY(show.limit, ParseInteger("a number"));
        }
        return show;
    }
    if (Accept("PARTITIONS")) {
        show.what = Show::What::kPartitions;
        TARN_TRY(show.in, ParseName());
        return show;
    }
    if (AcceptWords({"TABLE", "EXTENDED"})) {
        show.what = Show::What::kTableExtended;
    } else if (IsAny({"USER", "SYSTEM", "ALL"}) && Peek(1).Is("FUNCTIONS")) {
        show.function_kind = Next().upper;
        Next();
        show.what = Show::What::kFunctions;
    } else {
        static constexpr ShowForm kForms[] = {
            {"CATALOGS", Show::What::kCatalogs},   {"SCHEMAS", Show::What::kSchemas}, {"DATABASES", Show::What::kSchemas},
            {"NAMESPACES", Show::What::kSchemas},  {"TABLES", Show::What::kTables},   {"VIEWS", Show::What::kViews},
            {"COLUMNS", Show::What::kColumns},     {"FUNCTIONS", Show::What::kFunctions},
        };
        const ShowForm *found = nullptr;
        for (const ShowForm &form : kForms) {
            if (Is(form.word)) found = &form;
        }
        if (found == nullptr) {
            return Fail(ErrorHere("CATALOGS, SCHEMAS, TABLES, VIEWS, COLUMNS, FUNCTIONS, CREATE TABLE or TBLPROPERTIES"));
        }
        Next();
        show.what = found->what;
    }
    if (Accept("IN") || Accept("FROM")) {
        TARN_TRY(show.in, ParseName());
        // SHOW COLUMNS IN t IN s
        if (show.what == Show::What::kColumns && (Accept("IN") || Accept("FROM"))) {
            TARN_TRY(Name schema, ParseName());
            schema.parts.push_back(show.in.Last());
            show.in = std::move(schema);
        }
    }
    if (Accept("LIKE") || Peek().kind == TokenKind::kString) {
        TARN_TRY(show.like, ParseString("a pattern in quotes"));
    }
    return show;
}

// DESCRIBE [TABLE] [EXTENDED] t [column], DESCRIBE SCHEMA | CATALOG | HISTORY | DETAIL | QUERY | FUNCTION …
Result<Statement::Node> Parser::ParseDescribe() {
    Next();
    Describe describe;
    auto followed_by_name = [&](std::string_view word) {
        return Is(word) && (IsIdentifier(1) || Peek(1).kind == TokenKind::kString);
    };
    bool query = Is("QUERY") ? StartsQuery(1) : StartsQuery() && !Is("TABLE");
    if (query) {
        Accept("QUERY");
        describe.what = Describe::What::kQuery;
        TARN_TRY(describe.query, ParseQuery());
        return describe;
    }
    if (followed_by_name("SCHEMA") || followed_by_name("DATABASE") || followed_by_name("NAMESPACE")) {
        Next();
        describe.what = Describe::What::kSchema;
    } else if (followed_by_name("CATALOG")) {
        Next();
        describe.what = Describe::What::kCatalog;
    } else if (followed_by_name("FUNCTION")) {
        Next();
        describe.what = Describe::What::kFunction;
    } else if (followed_by_name("HISTORY")) {
        Next();
        describe.what = Describe::What::kHistory;
    } else if (followed_by_name("DETAIL")) {
        Next();
        describe.what = Describe::What::kDetail;
    } else if (followed_by_name("TABLE")) {
        Next();
    }
    if (followed_by_name("EXTENDED") || followed_by_name("FORMATTED")) {
        Next();
        describe.extended = true;
    }
    if (Peek().kind == TokenKind::kString) {
        describe.name.position = Peek().position;
        TARN_TRY(std::string path, ParseString("a path"));
        describe.name.parts = {"delta", std::move(path)};
        describe.is_path = true;
    } else {
        TARN_TRY(describe.name, ParseTableName(&describe.is_path));
    }
    if (describe.what == Describe::What::kHistory && Accept("LIMIT")) {
        TARN_TRY(describe.limit, ParseInteger("a number"));
    }
    describe.as_json = AcceptWords({"AS", "JSON"});
    if (describe.what == Describe::What::kTable && IsIdentifier()) {
        TARN_TRY(describe.column, ParseName());
    }
    return describe;
}

}  // namespace tarn::sql
