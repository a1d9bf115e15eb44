// sql/internal/parser_impl.h: the recursive-descent parser; one object parses one text.
//
// Every Parse… method starts at the first token of what it parses and leaves the parser after its last one.
// Definitions: parse_expr.cpp (operators), parse_primary.cpp (literals, calls), parse_type.cpp, parse_query.cpp,
// parse_relation.cpp, parse_statement.cpp, parse_create.cpp, parse_pipeline.cpp, parse_dml.cpp, parse_copy.cpp,
// parse_alter.cpp.
#pragma once

#include <initializer_list>

#include "sql/internal/lexer.h"
#include "base/json_path.h"
#include "sql/parser.h"

namespace tarn::sql {

class Parser {
public:
    // `source` is borrowed and must outlive the parser: exact source texts are cut from it.
    Parser(std::string_view source, std::vector<Token> tokens);

    // Borrowed; for IDENTIFIER(:name).
    void UseParameters(const Parameters *parameters) { parameters_ = parameters; }

    // ---- Entry points
    Result<Statement> ParseStatement();
    Result<ExprPtr> ParseExpr();
    Result<QueryPtr> ParseQuery();
    Result<DataType> ParseType();
    Result<std::vector<Field>> ParseSchemaFields();
    Result<Name> ParseName();
    Result<void> ExpectEnd();
    bool AtEnd() const { return Peek().kind == TokenKind::kEnd; }
    bool Accept(std::string_view word);
    const Token &Peek(size_t ahead = 0) const { return tokens_[std::min(at_ + ahead, tokens_.size() - 1)]; }
    size_t Offset() const { return Peek().begin; }
    // The source from byte `begin` to the end of the last token read.
    std::string TextFrom(size_t begin) const;

private:
    // ---- Tokens
    bool Is(std::string_view word) const { return Peek().Is(word); }
    bool IsWords(std::initializer_list<std::string_view> words, size_t ahead = 0) const;
    bool IsAny(std::initializer_list<std::string_view> words) const;
    bool AcceptWords(std::initializer_list<std::string_view> words);
    Result<void> Expect(std::string_view word);
    Result<void> ExpectWords(std::initializer_list<std::string_view> words);
    const Token &Next() { return tokens_[at_ + 1 < tokens_.size() ? at_++ : at_]; }
    bool IsIdentifier(size_t ahead = 0) const;
    // A token that may be an alias without AS: a name that starts no clause.
    bool IsAliasHere(bool of_table) const;
    // Whether a query starts at the token: SELECT, WITH, …, or parentheses that hold one and are not an expression or a
    // relation: ((SELECT 1) UNION …) is, ((SELECT 1) + 1) and ((SELECT 1) t JOIN u) are not. Decided by looking at what
    // follows the closing parentheses, never by trying, so that parsing stays linear.
    bool StartsQuery(size_t ahead = 0) const;
    Error ErrorHere(std::string_view expected = {}) const;
    Error UnsupportedHere(std::string_view what, std::string_view remedy = {}) const;

    // ---- Nesting
    class Nested {
    public:
        explicit Nested(Parser &parser) : parser_(parser) { parser_.nesting_++; }
        ~Nested() { parser_.nesting_--; }
        Nested(const Nested &) = delete;
        Nested &operator=(const Nested &) = delete;

    private:
        Parser &parser_;
    };
    Result<void> CheckNesting() const;
    Result<ExprPtr> MakeExpr(Expr::Node node, SourcePosition position) const;
    Result<QueryBodyPtr> MakeBody(QueryBody::Node node, SourcePosition position) const;
    Error TooDeep(SourcePosition position) const;

    // ---- Names and small values
    bool IsIdentifierClause() const { return Is("IDENTIFIER") && Peek().kind == TokenKind::kName && Peek(1).Is("("); }
    Result<Name> ParseIdentifierClause();
    Result<std::string> ConstantText(const Expr &expr) const;
    Result<std::string> ParseIdentifier(std::string_view what);
    Result<void> ParseCollation();  // Behind COLLATE. Errors: FEATURE_NOT_SUPPORTED unless it is UTF8_BINARY.
    Result<std::vector<std::string>> ParseNameList();          // (a, b)
    Result<std::vector<Name>> ParseDottedNameList();           // (a, b.c)
    Result<std::string> ParseString(std::string_view what);    // adjacent literals are one
    Result<int64_t> ParseInteger(std::string_view what);
    Result<Properties> ParseProperties();                      // ('a' = 'b', c.d = 1)
    Result<std::string> ParsePropertyKey();
    Result<Name> ParseTableName(bool *is_path);                // main.s.t, delta.`/path`
    bool SplitPathName(const Name &name) const;

    // ---- Expressions
    Result<ExprPtr> ParseBinary(int min_power);
    Result<ExprPtr> ParseLogical(int power);
    Result<ExprPtr> ParsePrefix();
    Result<ExprPtr> ParseNegativeNumber(SourcePosition position);
    bool PredicateAhead() const;
    Result<ExprPtr> ParsePredicate(ExprPtr left);
    Result<ExprPtr> ParseIs(ExprPtr left, SourcePosition position);
    Result<ExprPtr> ParseIn(ExprPtr left, bool negated, SourcePosition position);
    Result<ExprPtr> ParseLike(ExprPtr left, bool negated, SourcePosition position);
    Result<ExprPtr> ParsePostfix();
    Result<ExprPtr> ParsePostfixOf(ExprPtr base);
    Result<ExprPtr> ParseJsonPath(ExprPtr base);
    Result<PathStep> ParseBracketStep();
    Result<ExprPtr> ParsePrimary();
    Result<ExprPtr> ParseNameOrCall();
    Result<ExprPtr> ParseNumber(bool negative = false);
    Result<ExprPtr> ParseStringLiteral();
    Result<ExprPtr> ParseParenthesised();
    Result<ExprPtr> ParseCase();
    Result<ExprPtr> ParseCast(bool safe);
    Result<ExprPtr> ParseExtract();
    Result<ExprPtr> ParseTrim();
    Result<ExprPtr> ParseSubstring();
    Result<ExprPtr> ParsePosition();
    Result<ExprPtr> ParseOverlay();
    Result<ExprPtr> ParseTypedLiteral(TypeKind kind);
    bool IntervalAhead() const;
    Result<ExprPtr> ParseInterval();
    Result<void> ParseIntervalUnits(IntervalLiteral &interval);
    Result<ExprPtr> ParseCall(Name name);
    Result<void> ParseCallTail(FunctionCall &call);
    Result<Argument> ParseArgument();
    Result<ExprPtr> ParseTableArgument();
    bool LambdaAhead() const;
    Result<ExprPtr> ParseLambda();
    Result<ExprPtr> ParseStar(Name qualifier);
    Result<WindowSpec> ParseWindowSpec();
    Result<FrameBound> ParseFrameBound();
    Result<std::vector<ExprPtr>> ParseExprList();  // a, b, c
    Result<std::vector<OrderItem>> ParseOrderItems();

    // ---- Types
    Result<std::vector<Field>> ParseStructFields();
    Result<void> CloseAngle();

    // ---- Queries
    Result<void> ParseWith(Query &query);
    Result<void> ParseQueryTail(Query &query);
    Result<QueryBodyPtr> ParseBody(int min_power);
    Result<QueryBodyPtr> ParseBodyTerm();
    Result<QueryBodyPtr> ParseSelect();
    Result<QueryBodyPtr> ParseFromFirst();
    Result<void> ParseSelectList(Select &select);
    Result<SelectItem> ParseSelectItem();
    Result<void> ParseFrom(Select &select);
    Result<void> ParseSelectTail(Select &select);
    Result<GroupBy> ParseGroupBy();
    Result<GroupBy::Element> ParseGroupElement();
    Result<std::vector<std::vector<ExprPtr>>> ParseGroupSets();
    Result<Values> ParseValues();
    Result<LateralView> ParseLateralView();

    // ---- Relations
    Result<RelationPtr> ParseRelation();
    Result<RelationPtr> ParseRelationPrimary();
    Result<RelationPtr> ParseStream();
    Result<RelationPtr> ParseTableOrFunction(bool stream, bool lateral);
    Result<void> ParseTimeTravel(TableRef &table);
    Result<void> ParseRelationTail(Relation &relation);
    Result<RelationPtr> ParseParenthesisedRelation(bool lateral);
    std::optional<JoinKind> AcceptJoin(bool *natural);
    Result<RelationPtr> ParsePivot(RelationPtr input);
    Result<RelationPtr> ParseUnpivot(RelationPtr input);
    Result<TableSample> ParseSample();
    Result<std::optional<TableAlias>> ParseTableAlias();

    // ---- Statements
    Result<Statement::Node> ParseStatementNode();
    Result<Statement::Node> ParseCreate();
    Result<Statement::Node> ParseCreateSchema();
    Result<Statement::Node> ParseCreateCatalog();
    Result<Statement::Node> ParseCreateTable(bool or_replace, bool external);
    Result<Statement::Node> ParseCreateView(bool or_replace, bool or_refresh, bool temporary, bool global);
    Result<Statement::Node> ParseStreamingTable(bool or_refresh, bool private_);
    Result<Statement::Node> ParseMaterializedView(bool or_refresh, bool or_replace, bool private_);
    Result<Statement::Node> ParseCreateFlow();
    Result<Statement::Node> ParseAutoCdc(std::string flow_name, std::string comment);
    Result<void> ParseCdcClauses(CreateAutoCdcFlow &flow);
    Result<void> ParseCdcColumns(std::vector<std::string> &columns, std::vector<std::string> &except);
    Result<RelationPtr> ParseCdcSource();
    Result<bool> ParseIfNotExists();
    Result<bool> ParseIfExists();
    Result<void> ParseTableElements(TableSpec &spec);
    Result<bool> ParseConstraint(TableSpec &spec);
    Result<TableConstraint> ParseTableConstraint(std::string name);
    Result<ColumnDef> ParseColumnDef(bool type_required);
    Result<void> ParseColumnOption(ColumnDef &column, bool *found);
    Result<void> ParseGenerated(ColumnDef &column);
    Result<void> ParseIdentity(ColumnDef &column);
    Result<void> ParseTableClauses(TableSpec &spec);
    Result<bool> ParseTableClause(TableSpec &spec);
    Result<void> ParsePartitionedBy(TableSpec &spec);
    Result<void> ParseClusterBy(TableSpec &spec);
    Result<void> ParseAsQuery(QueryPtr &query, std::string &text);

    Result<Statement::Node> ParseAfterWith();
    Result<Statement::Node> ParseInsert();
    Result<void> ParseInsertReplace(Insert &insert);
    Result<std::vector<PartitionValue>> ParsePartitionValues();
    Result<Statement::Node> ParseCopyInto();
    Result<void> ParseCopySource(CopyInto &copy);
    Result<bool> ParseCopyClause(CopyInto &copy);
    Result<Statement::Node> ParseUpdate();
    Result<Statement::Node> ParseDelete();
    Result<Statement::Node> ParseMerge();
    Result<MergeClause> ParseMergeClause();
    Result<void> ParseMergeInsert(MergeClause &clause);
    Result<std::vector<Assignment>> ParseAssignments();
    Result<std::string> ParseTargetAlias();
    Result<ExprPtr> ParseOptionalWhere();

    Result<Statement::Node> ParseDrop();
    Result<Statement::Node> ParseUndrop();
    Result<Statement::Node> ParseAlter();
    Result<Statement::Node> ParseAlterView(AlterTable alter);
    Result<Statement::Node> ParseAlterSchema();
    Result<void> ParseAlterAction(AlterTable &alter);
    Result<void> ParseAddColumns(AlterTable &alter);
    Result<AddColumn> ParseAddColumn();
    Result<void> ParseColumnList(AlterTable &alter);
    Result<void> ParseAlterColumn(AlterTable &alter);
    Result<Statement::Node> ParseShow();
    Result<Statement::Node> ParseDescribe();
    Result<Statement::Node> ParseUse();
    Result<Statement::Node> ParseSet();
    Result<Statement::Node> ParseReset();
    Result<Statement::Node> ParseAtomicBlock();
    Result<Statement::Node> ParseExplain();
    Result<Statement::Node> ParseComment();
    Result<Statement::Node> ParseOptimize();
    Result<Statement::Node> ParseVacuum();
    Result<Statement::Node> ParseRestore();
    Result<Statement::Node> ParseReorg();
    Result<Statement::Node> ParseConvert();
    Result<Statement::Node> ParseClone(CreateTable table);
    Result<Statement::Node> ParseAnalyze();
    Result<Statement::Node> ParseMaintenance();

    std::string_view source_;
    std::vector<Token> tokens_;
    std::vector<uint32_t> closing_;  // of each "(", the index of its ")"; 0 when there is none
    std::vector<uint32_t> inner_;    // of each token, the first from there on that is not "("
    size_t at_ = 0;
    // Where the stack stood when parsing began: sanitizers and unoptimised builds have frames several times larger.
    const char *stack_start_ = nullptr;
    int nesting_ = 0;
    int placeholders_ = 0;  // `?` seen so far
    const Parameters *parameters_ = nullptr;
    CopyInto *copy_ = nullptr;  // whose source is parsed: 'path' is a relation then
};

}  // namespace tarn::sql
