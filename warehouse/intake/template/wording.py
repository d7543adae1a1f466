"""What the how-to sheet says, in zh and en: steps, colours, statuses, nil. Does not belong here: any rule's words."""

from __future__ import annotations

from warehouse.intake.template.form import Seen

STEPS = (
    (
        "保留本文件的工作表名称、表头和顺序;需要填的单元格都没有锁定。",
        "Keep the names of the sheets, the headers and their order; what is to be filled is not locked.",
    ),
    (
        "在封面逐表选择状态;可以没有的报表,如本期没有,选“无”并让该表留空。",
        "On the cover, choose each dataset's status; where there is none of it, choose 无 and leave its sheet blank.",
    ),
    (
        "在各表从第二行起填写。点选单元格,旁边会显示说明。",
        "Fill each sheet from its second row on. Select a cell to see what belongs in it.",
    ),
    (
        "按表头括号内的单位填写,只填数,不写单位。如表头为(万元),8.5 表示 85000 元。",
        "Write numbers in the header's unit, without the unit: under (万元), 8.5 means 85000 yuan.",
    ),
    (
        "空白不等于零:没有发生填 0;选填项不掌握的留空。",
        "Blank is not zero: write 0 where there was nothing; leave an optional cell blank where it is not known.",
    ),
    (
        "从别处复制时,用“选择性粘贴:数值”,以免盖掉下拉列表和颜色。",
        "When copying from elsewhere, paste values only, or drop-downs and colours are lost.",
    ),
    (
        "红色:更正。黄色:核实;属实的,在“填报说明”表写明原因。",
        "Red: correct it. Yellow: check it; where it is right, say why on the sheet 填报说明.",
    ),
    (
        "存为 .xlsx,不加密,不改文件名,在截止日期前报送。更正时重报整个文件,以后一次接受的为准。",
        (
            "Save as .xlsx without a password under the same name, send it by the due date. To correct, send the whole"
            " file again: the last one accepted counts."
        ),
    ),
)
COLOURS = (
    ("to_fill", "浅蓝", "必填,尚未填写", "required, still to be filled"),
    ("plain", "白", "已填写,或选填", "filled, or optional"),
    ("critical", "红", "有错:不更正,整张报表将被退回", "wrong: the whole return will come back unless corrected"),
    ("warning", "黄", "存疑:可以报送,但须核实或说明", "doubtful: may be sent, is to be checked or explained"),
    ("none", "灰", "封面已选“无”,不用填", "the cover says 无: nothing to fill"),
)
STATUSES = (
    ("报送", "正式数,当期有效。", "Reported: final for now; it counts."),
    (
        "预计",
        "估计数,标明为“预计”;核实后须再次以“报送”报送。",
        "Provisional: an estimate, shown as such; to be sent again as 报送 once it is known.",
    ),
    (
        "有",
        "本期有此项工作,工作表中有数。",
        "Given: there is such work in the period, and its sheet has figures.",
    ),
    (
        "无",
        "本期没有此项工作。这也是一份报表,不是漏报;该表须留空(预填的代码可以保留)。",
        (
            "None: no such work in the period. That is a return, not a missing one; the sheet stays blank, codes that"
            " were filled in beforehand may stay."
        ),
    ),
)
SEVERITY = {
    "critical": ("退回", "returned"),
    "warning": ("待核", "queried"),
    "info": ("统计", "counted only"),
}
SEEN: dict[Seen, str] = {
    "typed": "填写时 as you type",
    "partly": "部分填写时 in part as you type",
    "sent": "报送后 once sent",
}
ABOUT_SEEN = (
    "“填写时”核对的,不符即变色;“报送后”核对的,要与其他报表、以往各期或同市各县比较,本文件中看不出。",
    (
        "What is checked as you type shows in colour at once; what is checked once sent is compared with other returns,"
        " earlier periods or the prefecture's counties, and does not show here."
    ),
)
MORE_ROWS = (
    "名册的行数不够时,取消工作表保护(没有密码),在下方接着填。",
    "If a register needs more rows: unprotect the sheet (there is no password) and go on below.",
)
