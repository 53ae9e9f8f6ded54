-- The log of each newer case, made of the case itself and hashes of its key. The tables are filled by data/demo/casework/steps.py.
WITH cases AS (
    SELECT c.* REPLACE (c.key::VARCHAR AS key), d.desk, d.post, h: hash(c.key),
        began: coalesce(c.signed_at, c.accepted_at),
        met: coalesce(c.responded_at, c.signed_at)
    FROM newest c JOIN desks d ON d.source = c.source
),
-- one list a case: action, unit, post, from, to, result; what did not happen has no start
drafts AS (
    SELECT source, key, h, unnest([
        {n: 10, action: 'report', unit: desk, post: post, began: registered_at, ended: registered_at, result: channel},
        {n: 20, action: 'accept', unit: desk, post: '受理员', began: registered_at, ended: accepted_at, result: '予以受理'},
        {n: 31, action: 'dispatch', unit: desk, post: '派单员', began: if(returned > 0, accepted_at, NULL),
            ended: accepted_at, result: '派往' || pick(h, 'first', wrong())},
        {n: 32, action: 'return', unit: pick(h, 'first', wrong()), post: '承办人员', began: if(returned > 0, accepted_at, NULL),
            ended: part(accepted_at, signed_at, 0.4), result: '不属本单位职责，退回'},
        {n: 33, action: 'dispatch', unit: desk, post: '派单员',
            began: if(returned > 1, part(accepted_at, signed_at, 0.4), NULL), ended: part(accepted_at, signed_at, 0.4),
            result: '改派' || pick(h, 'second', wrong())},
        {n: 34, action: 'return', unit: pick(h, 'second', wrong()), post: '承办人员',
            began: if(returned > 1, part(accepted_at, signed_at, 0.4), NULL), ended: part(accepted_at, signed_at, 0.7),
            result: '涉及多个单位，退回重新派遣'},
        {n: 35, action: 'dispatch', unit: desk, post: '派单员', began: part(accepted_at, signed_at, 0.7 * returned / 2),
            ended: part(accepted_at, signed_at, 0.7 * returned / 2), result: '派往' || unit},
        {n: 40, action: 'sign', unit: unit, post: '承办人员', began: part(accepted_at, signed_at, 0.7 * returned / 2),
            ended: signed_at, result: NULL},
        {n: 50, action: 'respond', unit: unit, post: '承办人员', began: signed_at, ended: responded_at,
            result: '已联系反映人，告知办理时限'},
        {n: 61, action: 'request_extension', unit: unit, post: '承办人员', began: if(extended > 0, part(met, due_at, 0.3), NULL),
            ended: part(met, due_at, 0.3), result: '情况复杂，申请延期'},
        {n: 62, action: 'extend', unit: desk, post: '审核员', began: if(extended > 0, part(met, due_at, 0.3), NULL),
            ended: part(met, due_at, 0.35), result: '同意延期'},
        {n: 70, action: 'handle', unit: unit, post: '承办人员', began: met, ended: part(met, closed_at, if(reworked > 0, 0.6, 1)),
            result: if(close_kind = 'done', '现场处置完毕', '核实后按规定处理')},
        {n: 71, action: 'handle', unit: co_units, post: '承办人员', began: if(co_units IS NULL, NULL, met),
            ended: part(met, closed_at, 0.5), result: '配合处置'},
        {n: 80, action: 'verify', unit: desk, post: '核查员', began: if(reworked > 0, part(met, closed_at, 0.6), NULL),
            ended: part(met, closed_at, 0.7), result: '现场核查未通过，退回返工'},
        {n: 81, action: 'rework', unit: unit, post: '承办人员', began: if(reworked > 0, part(met, closed_at, 0.7), NULL),
            ended: closed_at, result: '已按核查意见整改'},
        {n: 90, action: 'close', unit: desk, post: '审核员', began: closed_at, ended: closed_at, result: NULL},
        {n: 95, action: 'callback', unit: desk, post: '回访员', began: if(reached IS NULL, NULL, closed_at), ended: closed_at,
            result: CASE WHEN NOT reached THEN '两次拨打未接通' WHEN solved AND satisfied THEN '反映人表示已解决，满意'
                WHEN solved THEN '反映人表示已解决，对过程不满意' WHEN satisfied THEN '反映人表示未解决，对态度满意'
                ELSE '反映人表示未解决，不满意' END}
    ]) AS step
    FROM cases
)
SELECT key: key || '-' || step.n, case_source: source, case_key: key, action: step.action, unit: step.unit, post: step.post,
    officer: (['王', '李', '张', '刘', '陈', '杨', '赵', '黄', '周', '吴'])[1 + floor(u(hash(step.unit), step.post || h % 7) * 10)::INTEGER] || '某某',
    started_at: step.began, ended_at: if(step.ended >= step.began, step.ended, NULL),
    result: if(ended_at IS NULL, NULL, step.result), updated_at: coalesce(ended_at, started_at)
FROM drafts WHERE step.began < getvariable('as_of') AND (step.ended IS NULL OR step.ended < getvariable('as_of'))
ORDER BY case_source, case_key, key
