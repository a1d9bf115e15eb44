// Calls of ai_… as DuckDB text: arguments by position or name, checked as far as the text tells.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "engine/internal/ai_functions.h"
#include "sql/parser.h"

namespace tarn::engine {
namespace {

using nlohmann::json;

enum class Shape : uint8_t { kText, kTexts, kNumber, kAsIs };

struct Parameter {
    std::string_view name;
    Shape shape = Shape::kText;
    std::string_view fallback = {};  // DuckDB text; empty: must be given.
};

struct Signature {
    std::string_view name;
    std::vector<Parameter> parameters;
};

const std::vector<Signature> &Signatures() {
    static const std::vector<Signature> kAll = {
        {"ai_analyze_sentiment", {{"content"}}},
        {"ai_classify", {{"content"}, {"labels", Shape::kTexts}}},
        {"ai_extract", {{"content"}, {"labels", Shape::kTexts}}},
        {"ai_fix_grammar", {{"content"}}},
        {"ai_gen", {{"prompt"}}},
        {"ai_keywords", {{"content"}, {"n", Shape::kNumber, "10"}}},
        {"ai_mask", {{"content"}, {"labels", Shape::kTexts}}},
        {"ai_query", {{"endpoint"}, {"request", Shape::kAsIs}, {"returntype", Shape::kAsIs, "NULL"}, {"failonerror", Shape::kAsIs, "NULL"},
                      {"modelparameters", Shape::kAsIs, "NULL"}, {"responseformat", Shape::kAsIs, "NULL"}, {"files", Shape::kAsIs, "NULL"}}},
        {"ai_similarity", {{"expr1"}, {"expr2"}}},
        {"ai_summarize", {{"content"}, {"max_words", Shape::kNumber, "50"}}},
        {"ai_translate", {{"content"}, {"to_lang"}}},
    };
    return kAll;
}

// A call, taken apart.
struct Call {
    const sql::FunctionCall &call;
    std::string name;
    SourcePosition position;
    std::vector<std::string> texts;                    // By parameter; "": not given.
    std::vector<const sql::Expr *> trees;
    std::string fails = "true";

    std::unexpected<Error> Refuse(ErrorKind kind, std::string_view condition, const std::string &why, std::string remedy = {}) const {
        Error error = MakeError(kind, condition, why);
        error.position = position;
        error.remedy = std::move(remedy);
        return Fail(std::move(error));
    }
};

const std::string *LiteralText(const sql::Expr *expr) {
    const auto *literal = expr != nullptr ? expr->As<sql::Literal>() : nullptr;
    return literal != nullptr && literal->type.kind == TypeKind::kString ? &literal->text : nullptr;
}

Result<bool> LiteralBoolean(const Call &call, const sql::Expr *expr) {
    const auto *literal = expr->As<sql::Literal>();
    if (literal != nullptr && literal->type.kind == TypeKind::kBoolean) return EqualsIgnoreCase(literal->text, "true");
    return call.Refuse(ErrorKind::kInvalidInput, "AI_INVALID_ARGUMENT_VALUE_ERROR", "The argument failOnError of " + call.name + " is TRUE or FALSE.");
}

Result<void> TakeArguments(Call &call, const Signature &signature, const std::vector<std::string> &args) {
    call.texts.resize(signature.parameters.size());
    call.trees.resize(signature.parameters.size());
    for (size_t i = 0; i < args.size(); i++) {
        std::string given = ToLower(call.call.args[i].name);
        size_t at = i;
        if (!given.empty()) {
            auto it = std::ranges::find(signature.parameters, given, &Parameter::name);
            at = static_cast<size_t>(it - signature.parameters.begin());
            // Tarn takes it for all of them.
            if (it == signature.parameters.end() && given == "failonerror") {
                TARN_TRY(bool fails, LiteralBoolean(call, call.call.args[i].value.get()));
                call.fails = fails ? "true" : "false";
                continue;
            }
        }
        if (at >= signature.parameters.size()) {
            if (given.empty()) return call.Refuse(ErrorKind::kInvalidInput, "WRONG_NUM_ARGS.WITHOUT_SUGGESTION", "The `" + call.name + "` takes at most " + std::to_string(signature.parameters.size()) + " arguments.");
            return call.Refuse(ErrorKind::kInvalidInput, "UNRECOGNIZED_PARAMETER_NAME", "The function `" + call.name + "` has no parameter `" + call.call.args[i].name + "`.");
        }
        if (call.trees[at] != nullptr) return call.Refuse(ErrorKind::kInvalidInput, "DUPLICATE_ROUTINE_PARAMETER_ASSIGNMENT", "The parameter `" + std::string(signature.parameters[at].name) + "` of `" + call.name + "` is given twice.");
        call.texts[at] = args[i];
        call.trees[at] = call.call.args[i].value.get();
    }
    for (size_t i = 0; i < signature.parameters.size(); i++) {
        const Parameter &parameter = signature.parameters[i];
        if (call.trees[i] == nullptr && parameter.fallback.empty()) {
            return call.Refuse(ErrorKind::kInvalidInput, "REQUIRED_PARAMETER_NOT_FOUND", "The function `" + call.name + "` needs the parameter `" + std::string(parameter.name) + "`.");
        }
        std::string text = call.trees[i] == nullptr ? std::string(parameter.fallback) : call.texts[i];
        switch (parameter.shape) {
            case Shape::kText: call.texts[i] = "CAST(" + text + " AS VARCHAR)"; break;
            case Shape::kTexts: call.texts[i] = "CAST(" + text + " AS VARCHAR[])"; break;
            case Shape::kNumber: call.texts[i] = "CAST(" + text + " AS INTEGER)"; break;
            case Shape::kAsIs: call.texts[i] = text; break;
        }
    }
    return {};
}

// The JSON Schema of a type, strict as OpenAI wants it: everything required, nothing else allowed.
json SchemaOf(const DataType &type) {
    switch (type.kind) {
        case TypeKind::kArray: return {{"type", "array"}, {"items", SchemaOf(type.children[0])}};
        case TypeKind::kStruct: {
            json properties = json::object(), required = json::array();
            for (const Field &field : type.fields) {
                properties[field.name] = SchemaOf(field.type);
                required.push_back(field.name);
            }
            return {{"type", "object"}, {"properties", properties}, {"required", required}, {"additionalProperties", false}};
        }
        case TypeKind::kBoolean: return {{"type", "boolean"}};
        case TypeKind::kByte:
        case TypeKind::kShort:
        case TypeKind::kInt:
        case TypeKind::kLong: return {{"type", "integer"}};
        case TypeKind::kFloat:
        case TypeKind::kDouble:
        case TypeKind::kDecimal: return {{"type", "number"}};
        default: return {{"type", "string"}};
    }
}

json FormatOf(const json &schema) { return {{"type", "json_schema"}, {"json_schema", {{"name", "answer"}, {"strict", true}, {"schema", schema}}}}; }

struct Format {
    std::string json_text;  // response_format; empty: none.
    std::string type;       // Of the result, in DuckDB's words.
    std::string member;     // Of the answer's object that is the result; empty: the whole.
};

Result<Format> FormatOfText(const Call &call, const std::string &text) {
    auto wrong = [&](const std::string &why) {
        return call.Refuse(ErrorKind::kInvalidInput, "AI_INVALID_ARGUMENT_VALUE_ERROR", "The responseFormat of ai_query is not valid: " + why + ".",
                           "Write 'STRUCT<result: STRUCT<a: STRING, b: INT>>', or the JSON text of an OpenAI response_format.");
    };
    Format format{"", "VARCHAR", ""};
    size_t start = text.find_first_not_of(" \t\r\n");
    if (start != std::string::npos && text[start] == '{') {
        json parsed = json::parse(text, nullptr, false);
        if (!parsed.is_object() || !parsed.contains("type") || !parsed["type"].is_string()) return wrong("it is no JSON object with a `type`");
        std::string type = parsed["type"].get<std::string>();
        if (type != "text" && type != "json_object" && type != "json_schema") return wrong("its type is none of text, json_object, json_schema");
        if (type == "json_schema" && (!parsed.contains("json_schema") || !parsed["json_schema"].is_object() || !parsed["json_schema"].contains("schema"))) return wrong("json_schema.schema is missing");
        if (type != "text") format.json_text = parsed.dump();
        return format;
    }
    Result<DataType> type = sql::ParseDataType(text);
    if (!type) return wrong("it is neither JSON nor a type");
    if (type->kind != TypeKind::kStruct || type->fields.size() != 1) return wrong("the type is a STRUCT with one field");
    format.json_text = FormatOf(SchemaOf(*type)).dump();
    format.type = sql::RenderType(type->fields[0].type);
    format.member = type->fields[0].name;
    return format;
}

// ai_query: what its constants say decides the result's type.
Result<std::string> RenderQueryCall(Call &call, uint64_t handle, const Signature &signature, const ai::Settings &settings) {
    enum { kEndpoint, kRequest, kReturnType, kFailOnError, kModelParameters, kResponseFormat, kFiles };
    if (call.trees[kFiles] != nullptr) return call.Refuse(ErrorKind::kUnsupported, "FEATURE_NOT_SUPPORTED", "ai_query with `files` is not supported: Tarn sends texts to a model, no images or documents.");
    if (LiteralText(call.trees[kEndpoint]) == nullptr) return call.Refuse(ErrorKind::kInvalidInput, "AI_INVALID_ARGUMENT_VALUE_ERROR", "The endpoint of ai_query must be a string literal.");
    if (call.trees[kFailOnError] != nullptr) {
        TARN_TRY(bool fails, LiteralBoolean(call, call.trees[kFailOnError]));
        call.fails = fails ? "true" : "false";
    }
    Format format{"", "VARCHAR", ""};
    auto endpoint = settings.endpoints.find(*LiteralText(call.trees[kEndpoint]));
    bool embeds = endpoint != settings.endpoints.end() && endpoint->second.model.empty();
    if (embeds) {
        format.type = "FLOAT[]";
        for (int given : {kReturnType, kModelParameters, kResponseFormat}) {
            if (call.trees[given] == nullptr) continue;
            return call.Refuse(ErrorKind::kInvalidInput, "AI_INVALID_ARGUMENT_VALUE_ERROR", "The endpoint `" + endpoint->first + "` embeds texts: ai_query takes no `" +
                               std::string(signature.parameters[static_cast<size_t>(given)].name) + "` there, and answers with an ARRAY<FLOAT>.");
        }
    }
    if (call.trees[kResponseFormat] != nullptr) {
        const std::string *text = LiteralText(call.trees[kResponseFormat]);
        if (text == nullptr) return call.Refuse(ErrorKind::kInvalidInput, "AI_INVALID_ARGUMENT_VALUE_ERROR", "The responseFormat of ai_query must be a string literal.");
        TARN_TRY(format, FormatOfText(call, *text));
    }
    if (call.trees[kReturnType] != nullptr) {
        const std::string *text = LiteralText(call.trees[kReturnType]);
        Result<DataType> type = text != nullptr ? sql::ParseDataType(*text) : Result<DataType>(Fail(ErrorKind::kInvalidInput, "", ""));
        if (!type || type->kind == TypeKind::kInterval || type->kind == TypeKind::kVariant) {
            return call.Refuse(ErrorKind::kInvalidInput, "AI_FUNCTION_UNSUPPORTED_RETURN_TYPE", "The returnType of ai_query must be a string literal with a type, such as 'INT' or 'STRUCT<a: STRING>'.");
        }
        format.type = sql::RenderType(*type);
        format.member.clear();
    }
    std::string parameters = call.trees[kModelParameters] == nullptr ? "NULL" : "CAST(to_json(" + call.texts[kModelParameters] + ") AS VARCHAR)";
    return "tarn_ai_query(" + std::to_string(handle) + "::UBIGINT, " + call.fails + ", " + call.texts[kRequest] + ", " + call.texts[kEndpoint] + ", " + parameters + ", " +
           sql::QuoteLiteral(format.type) + ", " + sql::QuoteLiteral(format.member) + ", " + sql::QuoteLiteral(format.json_text) + ")";
}

}  // namespace

Result<std::string> RenderAiCall(const sql::FunctionCall &function, const std::vector<std::string> &args, SourcePosition position, uint64_t handle, const ai::Settings &settings) {
    Call call{function, ToLower(function.name.Last()), position, {}, {}};
    auto signature = std::ranges::find(Signatures(), call.name, &Signature::name);
    TARN_ASSERT(signature != Signatures().end());
    TARN_CHECK(TakeArguments(call, *signature, args));
    if (call.name == "ai_query") return RenderQueryCall(call, handle, *signature, settings);
    std::string text = "tarn_" + call.name + "(" + std::to_string(handle) + "::UBIGINT, " + call.fails;
    for (const std::string &argument : call.texts) text += ", " + argument;
    return text + ")";
}

}  // namespace tarn::engine
