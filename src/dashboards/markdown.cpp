#include "dashboards/markdown.h"

#include <md4c-html.h>

#include <algorithm>
#include <charconv>

#include "base/data_type.h"
#include "base/text.h"
#include "dashboards/html.h"
#include "dashboards/internal/front_matter.h"

namespace tarn::dashboards {
namespace {

// Inline values pass through the Markdown renderer as these two characters of the private use area around a number.
constexpr std::string_view kOpenMark = "\xEE\x80\x80", kCloseMark = "\xEE\x80\x81";
constexpr int kMaxContainers = 16;

struct InlineValue {
    std::string query, column, format;
    int row = 0;
};

// query.column, query[2].column, either with | format
std::optional<InlineValue> ParseInline(std::string_view text) {
    InlineValue value;
    if (size_t bar = text.find('|'); bar != std::string_view::npos) {
        value.format = Trim(text.substr(bar + 1));
        text = text.substr(0, bar);
    }
    text = Trim(text);
    size_t dot = text.find('.');
    if (dot == std::string_view::npos) return std::nullopt;
    std::string_view query = text.substr(0, dot);
    if (query.ends_with(']')) {
        size_t open = query.find('[');
        if (open == std::string_view::npos) return std::nullopt;
        std::string_view index = query.substr(open + 1, query.size() - open - 2);
        auto [end, error] = std::from_chars(index.data(), index.data() + index.size(), value.row);
        if (error != std::errc() || end != index.data() + index.size() || value.row < 0) return std::nullopt;
        query = query.substr(0, open);
    }
    value.query = query;
    value.column = Trim(text.substr(dot + 1));
    if (!IsName(value.query) || value.column.empty()) return std::nullopt;
    return value;
}

class Reader {
public:
    Reader(std::string_view text, Dashboard &dashboard) : text_(text), dashboard_(dashboard) { open_.push_back({&dashboard.blocks, "", 0}); }

    void Read() {
        ReadFrontMatter();
        for (std::string_view line; NextLine(line);) {
            if (size_t fence = FenceOf(line); fence > 0) ReadFence(line, fence);
            else if (line.starts_with(":::")) ReadContainer(line);
            else Prose(line);
        }
        FlushProse();
        if (open_.size() > 1) Complain(open_.back().line, "`:::" + open_.back().name + "` is not closed by `:::`.");
    }

private:
    struct Open {
        std::vector<Block> *blocks;
        std::string name;
        int line;
    };

    bool NextLine(std::string_view &line) {
        if (at_ >= text_.size()) return false;
        size_t end = std::min(text_.find('\n', at_), text_.size());
        line = text_.substr(at_, end - at_);
        if (line.ends_with('\r')) line.remove_suffix(1);
        at_ = end + 1;
        line_++;
        return true;
    }

    void Complain(int line, std::string message) { dashboard_.problems.push_back({line, std::move(message)}); }

    void AddError(int line, std::string message) {
        Complain(line, message);
        Block block;
        block.kind = Block::Kind::kError;
        block.line = line;
        block.text = std::move(message);
        open_.back().blocks->push_back(std::move(block));
    }

    void ReadFrontMatter() {
        if (text_.starts_with("\xEF\xBB\xBF")) text_.remove_prefix(3);
        if (!text_.starts_with("---\n") && !text_.starts_with("---\r\n")) return;
        std::string_view line;
        NextLine(line);
        size_t begin = at_;
        while (NextLine(line)) {
            if (line != "---") continue;
            size_t end = static_cast<size_t>(line.data() - text_.data());
            return ParseFrontMatter(text_.substr(begin, end - begin), 2, dashboard_);
        }
        Complain(1, "the front matter is not closed by ---.");
    }

    // Number of back quotes or tildes that open a code block; 0 for other lines.
    static size_t FenceOf(std::string_view line) {
        size_t indent = line.find_first_not_of(' ');
        if (indent == std::string_view::npos || indent > 3) return 0;
        char mark = line[indent];
        if (mark != '`' && mark != '~') return 0;
        size_t count = line.find_first_not_of(mark, indent);
        count = (count == std::string_view::npos ? line.size() : count) - indent;
        return count >= 3 ? count : 0;
    }

    void ReadFence(std::string_view opening, size_t fence) {
        int first = line_;
        size_t indent = opening.find_first_not_of(' ');
        char mark = opening[indent];
        std::string_view info = Trim(opening.substr(indent + fence));
        size_t begin = at_;
        std::string_view body;
        bool closed = false;
        for (std::string_view line; NextLine(line);) {
            std::string_view trimmed = Trim(line);
            if (FenceOf(line) >= fence && trimmed.find_first_not_of(mark) == std::string_view::npos) {
                body = text_.substr(begin, static_cast<size_t>(line.data() - text_.data()) - begin);
                closed = true;
                break;
            }
        }
        if (!closed) body = text_.substr(std::min(begin, text_.size()));
        size_t blank = info.find_first_of(" \t");
        std::string_view language = info.substr(0, blank);
        std::string_view name = blank == std::string_view::npos ? std::string_view() : Trim(info.substr(blank));
        bool ours = (language == "sql" && !name.empty()) || language == "chart" || language == "vega-lite";
        if (!ours) {  // An ordinary code block.
            prose_ += std::string(opening) + "\n" + std::string(body) + (body.empty() || body.ends_with('\n') ? "" : "\n") + std::string(fence, mark) + "\n";
            return;
        }
        FlushProse();
        if (!closed) return AddError(first, "the ```" + std::string(language) + " block is not closed.");
        if (language == "sql") ReadQuery(name, body, first);
        else if (language == "chart") open_.back().blocks->push_back(ParseChart(body, first, dashboard_));
        else open_.back().blocks->push_back(ParseVegaLite(body, first, dashboard_));
    }

    void ReadQuery(std::string_view name, std::string_view body, int line) {
        if (!IsName(name)) return AddError(line, "`" + std::string(name) + "` cannot be a query's name: a letter, then letters, digits and _.");
        if (dashboard_.FindQuery(name)) return AddError(line, "there are two queries `" + std::string(name) + "`.");
        dashboard_.queries.push_back({std::string(name), std::string(Trim(body)), {}, {}, line + 1});
    }

    // :::name[Label]{key=value …}
    void ReadContainer(std::string_view line) {
        FlushProse();
        size_t colons = line.find_first_not_of(':');
        std::string_view rest = colons == std::string_view::npos ? std::string_view() : Trim(line.substr(colons));
        if (rest.empty()) {
            if (open_.size() == 1) return AddError(line_, "`:::` closes nothing.");
            open_.pop_back();
            return;
        }
        size_t name_end = std::min(rest.find_first_of("[{ "), rest.size());
        std::string name(rest.substr(0, name_end));
        std::string label, attributes;
        rest = Trim(rest.substr(name_end));
        if (rest.starts_with('[')) {
            size_t close = rest.rfind(']');
            if (close == std::string_view::npos) return AddError(line_, "`[` without `]`.");
            label = Trim(rest.substr(1, close - 1));
            rest = Trim(rest.substr(close + 1));
        }
        if (rest.starts_with('{') && rest.ends_with('}')) attributes = rest.substr(1, rest.size() - 2);
        else if (!rest.empty()) return AddError(line_, "after `:::" + name + "` stand [Label] and {key=value} only.");
        Enter(std::move(name), std::move(label), attributes);
    }

    void Enter(std::string name, std::string label, const std::string &attributes) {
        if (name == "else") {
            if (open_.back().name != "if") return AddError(line_, "`:::else` stands within `:::if` only.");
            // The parent's last block is the `if` we are in.
            Block &block = (open_.end() - 2)->blocks->back();
            open_.back() = {&block.otherwise, "else", line_};
            return;
        }
        Block block;
        block.line = line_;
        block.text = std::move(label);
        if (name == "grid") {
            block.kind = Block::Kind::kGrid;
            if (attributes.starts_with("columns=")) block.columns = std::clamp(std::atoi(attributes.c_str() + 8), 1, 6);
        } else if (name == "tabs") {
            block.kind = Block::Kind::kTabs;
        } else if (name == "tab") {
            block.kind = Block::Kind::kTab;
            if (open_.back().name != "tabs") return AddError(line_, "`:::tab[Title]` stands within `:::tabs` only.");
        } else if (name == "details") {
            block.kind = Block::Kind::kDetails;
            block.open = attributes == "open";
        } else if (name == "note" || name == "tip" || name == "warning") {
            block.kind = Block::Kind::kNote;
            block.style = name;
        } else if (name == "if") {
            block.kind = Block::Kind::kIf;
            if (!ParseCondition(block)) return AddError(line_, "`:::if[query.column < 5]` compares a query's first row by =, !=, <, <=, > or >= with a number, 'text', true, false or null.");
        } else {
            return AddError(line_, "`:::" + name + "` is not a container: grid, tabs, tab, details, note, tip, warning, if and else are.");
        }
        if (open_.size() > kMaxContainers) return AddError(line_, "containers are nested too deeply.");
        std::vector<Block> &blocks = *open_.back().blocks;
        blocks.push_back(std::move(block));
        open_.push_back({&blocks.back().blocks, std::move(name), line_});
    }

    bool ParseCondition(Block &block) {
        std::string_view text = block.text;
        size_t op = text.find_first_of("=!<>");
        if (op == std::string_view::npos) return false;
        size_t end = text.find_first_not_of("=!<>", op);
        if (end == std::string_view::npos) return false;
        auto value = ParseInline(text.substr(0, op));
        std::string_view literal = Trim(text.substr(end));
        std::string sign(Trim(text.substr(op, end - op)));
        if (sign == "==") sign = "=";
        constexpr std::string_view kSigns[] = {"=", "!=", "<", "<=", ">", ">="};
        if (!value || std::ranges::find(kSigns, sign) == std::end(kSigns)) return false;
        bool quoted = literal.size() >= 2 && (literal.front() == '\'' || literal.front() == '"') && literal.back() == literal.front();
        double number = 0;
        auto [last, error] = std::from_chars(literal.data(), literal.data() + literal.size(), number);
        bool is_number = error == std::errc() && last == literal.data() + literal.size();
        bool word = literal == "true" || literal == "false" || literal == "null";
        if (!quoted && !is_number && !word) return false;
        block.condition = {value->query, value->column, sign, quoted ? JsonString(literal.substr(1, literal.size() - 2)) : std::string(literal)};
        dashboard_.columns_used.push_back({value->query, value->column, line_});
        block.queries = {value->query};
        block.text.clear();
        return true;
    }

    // Lines of text gather until a block of ours interrupts them; inline values become marks.
    void Prose(std::string_view line) {
        if (prose_.empty()) prose_line_ = line_;
        size_t at = 0;
        while (true) {
            size_t open = line.find("{{", at);
            size_t close = open == std::string_view::npos ? open : line.find("}}", open);
            if (close == std::string_view::npos) break;
            AppendPlain(line.substr(at, open - at));
            auto value = ParseInline(line.substr(open + 2, close - open - 2));
            if (value) {
                dashboard_.columns_used.push_back({value->query, value->column, line_});
                prose_ += std::string(kOpenMark) + std::to_string(values_.size()) + std::string(kCloseMark);
                values_.push_back(std::move(*value));
            } else {
                Complain(line_, "`" + std::string(line.substr(open, close + 2 - open)) + "`: an inline value is {{ query.column }} or {{ query.column | format }}.");
                AppendPlain(line.substr(open, close + 2 - open));
            }
            at = close + 2;
        }
        AppendPlain(line.substr(at));
        prose_ += '\n';
    }

    // Without our marks, which nobody writes by hand.
    void AppendPlain(std::string_view text) {
        for (size_t i = 0; i < text.size(); i++) {
            std::string_view here = text.substr(i, 3);
            if (here == kOpenMark || here == kCloseMark) i += 2;
            else prose_ += text[i];
        }
    }

    void FlushProse() {
        std::string prose = std::exchange(prose_, "");
        std::vector<InlineValue> values = std::exchange(values_, {});
        if (Trim(prose).empty()) return;
        Block block;
        block.line = prose_line_;
        std::string html = MarkdownToHtml(prose);
        for (size_t at = 0;;) {
            size_t open = html.find(kOpenMark, at);
            size_t close = open == std::string::npos ? open : html.find(kCloseMark, open);
            block.text += html.substr(at, open == std::string::npos ? open : open - at);
            if (close == std::string::npos) break;
            size_t index = static_cast<size_t>(std::atoi(html.c_str() + open + kOpenMark.size()));
            if (index < values.size()) {
                const InlineValue &value = values[index];
                block.text += "<span class=\"tarn-value\" data-query=\"" + value.query + "\" data-column=\"" + EscapeHtml(value.column) +
                              "\" data-row=\"" + std::to_string(value.row) + "\" data-format=\"" + EscapeHtml(value.format) + "\"></span>";
                if (std::ranges::find(block.queries, value.query) == block.queries.end()) block.queries.push_back(value.query);
            }
            at = close + kCloseMark.size();
        }
        open_.back().blocks->push_back(std::move(block));
    }

    std::string_view text_;
    Dashboard &dashboard_;
    size_t at_ = 0;
    int line_ = 0;
    std::string prose_;
    int prose_line_ = 0;
    std::vector<InlineValue> values_;
    std::vector<Open> open_;
};

void CheckQueryNames(const std::vector<Block> &blocks, Dashboard &dashboard) {
    for (const Block &block : blocks) {
        for (const std::string &query : block.queries) {
            if (dashboard.FindQuery(query) == nullptr) dashboard.problems.push_back({block.line, "there is no query `" + query + "`."});
        }
        CheckQueryNames(block.blocks, dashboard);
        CheckQueryNames(block.otherwise, dashboard);
    }
}

}  // namespace

const Parameter *Dashboard::FindParameter(std::string_view parameter) const {
    auto it = std::ranges::find(parameters, parameter, &Parameter::name);
    return it == parameters.end() ? nullptr : &*it;
}

const NamedQuery *Dashboard::FindQuery(std::string_view query) const {
    auto it = std::ranges::find(queries, query, &NamedQuery::name);
    return it == queries.end() ? nullptr : &*it;
}

bool IsName(std::string_view text) {
    auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
    if (text.empty() || !letter(text[0]) || text == "__proto__") return false;
    return std::ranges::all_of(text, [&](char c) { return letter(c) || (c >= '0' && c <= '9'); });
}

std::string MarkdownToHtml(std::string_view text) {
    std::string html;
    auto append = [](const MD_CHAR *part, MD_SIZE size, void *to) { static_cast<std::string *>(to)->append(part, size); };
    // The parser cannot fail on any text; it stops only when the callback says so.
    md_html(text.data(), static_cast<MD_SIZE>(text.size()), append, &html, MD_DIALECT_GITHUB | MD_FLAG_NOHTML, 0);
    return html;
}

Dashboard ParseMarkdown(std::string_view text, std::string name) {
    Dashboard dashboard;
    dashboard.name = std::move(name);
    Reader(text, dashboard).Read();
    if (dashboard.title.empty()) dashboard.title = dashboard.name;
    CheckQueryNames(dashboard.blocks, dashboard);
    for (const Parameter &parameter : dashboard.parameters) {
        if (parameter.options_from && !dashboard.FindQuery(parameter.options_from->query)) {
            dashboard.problems.push_back({parameter.line, "there is no query `" + parameter.options_from->query + "` for the options of `" + parameter.name + "`."});
        }
    }
    std::ranges::stable_sort(dashboard.problems, {}, &Problem::line);
    return dashboard;
}

}  // namespace tarn::dashboards
