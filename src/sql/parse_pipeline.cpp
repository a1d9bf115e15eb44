// Spark Declarative Pipelines and Databricks pipelines: streaming tables, materialized views, flows, AUTO CDC.
#include "sql/internal/parser_impl.h"

namespace tarn::sql {

Result<Statement::Node> Parser::ParseStreamingTable(bool or_refresh, bool private_) {
    CreateStreamingTable table;
    table.or_refresh = or_refresh;
    table.private_ = private_;
    TARN_TRY(table.if_not_exists, ParseIfNotExists());
    TARN_TRY(table.name, ParseName());
    if (Is("(") && !StartsQuery()) TARN_CHECK(ParseTableElements(table.spec));
    TARN_CHECK(ParseTableClauses(table.spec));
    TARN_CHECK(ParseAsQuery(table.query, table.query_text));
    return table;
}

Result<Statement::Node> Parser::ParseMaterializedView(bool or_refresh, bool or_replace, bool private_) {
    CreateMaterializedView view;
    view.or_refresh = or_refresh;
    view.or_replace = or_replace;
    view.private_ = private_;
    TARN_TRY(view.if_not_exists, ParseIfNotExists());
    TARN_TRY(view.name, ParseName());
    if (Is("(") && !StartsQuery()) TARN_CHECK(ParseTableElements(view.spec));
    TARN_CHECK(ParseTableClauses(view.spec));
    if (!Is("AS")) return Fail(ErrorHere("AS and the view's query"));
    TARN_CHECK(ParseAsQuery(view.query, view.query_text));
    return view;
}

// CREATE FLOW name [COMMENT 'x'] AS (INSERT INTO [ONCE] t [BY NAME] query | AUTO CDC [ONCE] INTO t …)
Result<Statement::Node> Parser::ParseCreateFlow() {
    CreateInsertFlow flow;
    TARN_TRY(Name name, ParseName());
    flow.flow_name = name.ToString();
    if (name.parts.size() == 1) flow.flow_name = name.parts[0];
    if (Accept("COMMENT")) {
        TARN_TRY(flow.comment, ParseString("a comment"));
    }
    TARN_CHECK(Expect("AS"));
    if (AcceptWords({"AUTO", "CDC", "INTO"}) || AcceptWords({"APPLY", "CHANGES", "INTO"})) {
        return ParseAutoCdc(std::move(flow.flow_name), std::move(flow.comment));
    }
    if (IsWords({"AUTO", "CDC"})) return Fail(UnsupportedHere("AUTO CDC ONCE and AUTO CDC FROM SNAPSHOT"));
    if (!Is("INSERT")) return Fail(ErrorHere("INSERT INTO or AUTO CDC INTO"));
    Next();
    TARN_CHECK(Expect("INTO"));
    flow.once = Is("ONCE") && IsIdentifier(1) && !Peek(1).Is("BY") && !Peek(1).Is("SELECT") && Accept("ONCE");
    TARN_TRY(flow.target, ParseName());
    flow.once = flow.once || Accept("ONCE");
    flow.by_name = AcceptWords({"BY", "NAME"});
    size_t begin = Offset();
    TARN_TRY(flow.query, ParseQuery());
    flow.query_text = TextFrom(begin);
    return flow;
}

Result<Statement::Node> Parser::ParseAutoCdc(std::string flow_name, std::string comment) {
    CreateAutoCdcFlow flow;
    flow.flow_name = std::move(flow_name);
    flow.comment = std::move(comment);
    TARN_TRY(flow.target, ParseName());
    TARN_CHECK(Expect("FROM"));
    size_t begin = Offset();
    TARN_TRY(flow.source, ParseCdcSource());
    flow.source_text = TextFrom(begin);
    TARN_CHECK(Expect("KEYS"));
    TARN_TRY(flow.keys, ParseDottedNameList());
    TARN_CHECK(ParseCdcClauses(flow));
    if (!flow.sequence_by) return Fail(ErrorHere("SEQUENCE BY"));
    return flow;
}

// STREAM(t), STREAM t, t, read_files(…), (query), STREAM (query)
Result<RelationPtr> Parser::ParseCdcSource() {
    SourcePosition position = Peek().position;
    bool stream_query = Is("STREAM") && Peek(1).Is("(") && StartsQuery(2);
    if (stream_query) Next();
    if (Is("(") && StartsQuery(1)) {
        Next();
        SubqueryRef subquery;
        subquery.stream = stream_query;
        TARN_TRY(subquery.query, ParseQuery());
        TARN_CHECK(Expect(")"));
        auto relation = std::make_shared<Relation>();
        relation->node = std::move(subquery);
        relation->position = position;
        return RelationPtr(std::move(relation));
    }
    bool stream = Is("STREAM") && (Peek(1).Is("(") || IsIdentifier(1)) && !Peek(1).Is("KEYS");
    return stream ? ParseStream() : ParseTableOrFunction(false, false);
}

// In any order: Databricks documents one, and people write others.
Result<void> Parser::ParseCdcClauses(CreateAutoCdcFlow &flow) {
    while (true) {
        if (AcceptWords({"IGNORE", "NULL", "UPDATES"})) {
            if (IsAny({"ON"})) return Fail(UnsupportedHere("IGNORE NULL UPDATES ON some columns", "Leave ON out."));
            flow.ignore_null_updates = true;
        } else if (AcceptWords({"APPLY", "AS", "DELETE", "WHEN"})) {
            TARN_TRY(flow.delete_when, ParseExpr());
        } else if (AcceptWords({"APPLY", "AS", "TRUNCATE", "WHEN"})) {
            TARN_TRY(flow.truncate_when, ParseExpr());
        } else if (AcceptWords({"SEQUENCE", "BY"})) {
            size_t begin = Offset();
            TARN_TRY(flow.sequence_by, ParseExpr());
            flow.sequence_text = TextFrom(begin);
        } else if (Is("COLUMNS") && (Peek(1).Is("*") || Peek(1).Is("("))) {
            Next();
            TARN_CHECK(ParseCdcColumns(flow.columns, flow.except_columns));
        } else if (AcceptWords({"STORED", "AS"})) {
            TARN_CHECK(ExpectWords({"SCD", "TYPE"}));
            TARN_TRY(int64_t type, ParseInteger("1 or 2"));
            if (type != 1 && type != 2) return Fail(SyntaxError(Peek().position, std::to_string(type), "SCD TYPE is 1 or 2."));
            flow.scd_type = type == 1 ? ScdType::kType1 : ScdType::kType2;
        } else if (AcceptWords({"TRACK", "HISTORY", "ON"})) {
            TARN_CHECK(ParseCdcColumns(flow.track_history_columns, flow.track_history_except_columns));
        } else {
            return {};
        }
    }
}

// * EXCEPT (a, b) | (a, b)
Result<void> Parser::ParseCdcColumns(std::vector<std::string> &columns, std::vector<std::string> &except) {
    if (Accept("*")) {
        if (!Accept("EXCLUDE")) TARN_CHECK(Expect("EXCEPT"));
        TARN_TRY(except, ParseNameList());
        return {};
    }
    TARN_TRY(columns, ParseNameList());
    return {};
}

}  // namespace tarn::sql
