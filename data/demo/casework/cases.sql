-- The cases of one stream, made of hashes: a day and a number always draw the same case, on any number of threads.
-- u(h, what) is a uniform number of the case h for one purpose; spread(h, what, s) is log-logistic with median 1.
-- Clocks are whole seconds since 1970 in local time until the last step. The tables are filled by data/demo/casework/cases.py.
WITH given AS (
    SELECT stream: getvariable('stream'), salt: getvariable('salt'), key: getvariable('key'), cutoff: getvariable('cutoff'),
        more_urgent: getvariable('more_urgent'), merged: getvariable('merged'), pushes: getvariable('pushes'), delay: getvariable('delay'), growing: getvariable('growing'),
        growing_town: getvariable('growing_town'), narrow_town: getvariable('narrow_town'), unknown_there: getvariable('unknown_there'), unwelcome_unit: getvariable('unwelcome_unit'), most_stuck: getvariable('most_stuck'), partners: getvariable('partners'),
        team: getvariable('team'), service: getvariable('service'), committee: getvariable('committee'),
        sites: getvariable('sites'), phones: getvariable('phones'), logged: getvariable('logged')
),
-- when: a day's numbers follow its hour profile, so rows come in the order of time
numbered AS (
    SELECT d.day, d.regime, serial: g.key * 100000000000000 + d.stamp * 1000000 + r.number,
        h: hash(xor(hash(serial), g.salt)),
        share: 1000 * d.part * (r.number + u(h, 'moment')) / d.cases
    FROM numbers r CROSS JOIN given g JOIN days d ON d.stream = g.stream AND d.day = r.day
),
drawn AS (
    SELECT d.*, registered: least(d.day * 86400 + (p.second + p.span * (share - p.step))::BIGINT, g.cutoff - 60)
    FROM numbered d CROSS JOIN given g JOIN profile p ON p.stream = g.stream AND p.step = floor(d.share)::INTEGER
),
-- what: a trouble spot of the quarter draws place and caller from its own hash, again and again
described AS (
    SELECT d.* EXCLUDE share, m.topic, w.kind, w.channel,
        t.category, t.subcategory, t.department, t.town_share, t.village_share, t.urgent, t.days,
        hot: u(h, 'hot') < t.trouble,
        season: m.topic * 1000 + d.day // 91,
        spot: if(hot, hash(xor(hash(season), hash(7919 * floor(u(h, 'spot') * t.spots)::BIGINT))), h),
        growth: greatest(d.day - g.growing, 0)
    FROM drawn d CROSS JOIN given g
    JOIN mix m ON m.stream = g.stream AND m.regime = d.regime AND m.slot = floor(u(d.h, 'topic') * 1024)::INTEGER
    JOIN topics t ON t.topic = m.topic
    JOIN ways w ON w.stream = g.stream AND w.slot = floor(u(d.h, 'way') * 100)::INTEGER
),
-- where: village by people, town and season of the stories; some belong to the town or the district itself (本级)
placed AS (
    SELECT d.*, v.town,
        scope: u(spot, 'level'),
        area: CASE WHEN scope < 0.006 THEN v.town // 1000000 * 1000000 WHEN scope < 0.03 THEN v.town
            WHEN v.merging AND d.registered < g.merged AND u(spot, 'before') < 0.25 THEN v.former ELSE v.code END,
        turn: 2 * pi() * u(spot, 'turn'), reach: 0.97 * v.radius * sqrt(u(spot, 'reach')),
        lon: round(v.lon + reach * cos(turn), 5), lat: round(v.lat + reach * sin(turn), 5),
        place: s.street || o.door
    FROM described d CROSS JOIN given g
    JOIN picks k ON k.pool = CASE WHEN d.hot THEN 'hot' WHEN d.growth > 0 THEN 'growing' ELSE 'all' END
        AND k.slot = floor(u(d.spot, 'village') * 16384)::INTEGER
    JOIN villages w ON w.village = k.village
    JOIN villages v ON v.village = if(w.town = g.narrow_town AND list_contains(g.unknown_there, d.category), w.elsewhere, w.village)
    JOIN streets s ON s.village = v.village AND s.slot = floor(u(d.spot, 'street') * 20)::INTEGER
    JOIN doors o ON o.style = s.style AND o.slot = floor(u(d.spot, 'door') * 4096)::INTEGER
),
-- who, and how fast they work
assigned AS (
    SELECT d.*, l.* EXCLUDE (town),
        unit: CASE WHEN u(h, 'hands') < town_share THEN if(u(h, 'team') < 0.6, g.team, g.service)
            WHEN u(h, 'hands') < town_share + village_share THEN g.committee ELSE department END,
        urgency: CASE WHEN u(h, 'urgency') < urgent * g.more_urgent * 0.25 THEN 'critical'
            WHEN u(h, 'urgency') < urgent * g.more_urgent THEN 'urgent' ELSE 'normal' END,
        pressing: urgency <> 'normal', joint: NOT pressing AND u(h, 'joint') < 0.18,
        stuck_share: if(d.town = g.growing_town, least(0.9, g.most_stuck * d.growth / 42), 0),
        stuck: NOT pressing AND u(h, 'stuck') < stuck_share,
        deferred: NOT pressing AND NOT stuck AND u(h, 'deferred') < 0.01,
        extended: CASE WHEN stuck THEN (u(h, 'extended') < 0.1)::INTEGER WHEN pressing THEN 0 WHEN u(h, 'extended') < 0.004 THEN 2
            WHEN u(h, 'extended') < 0.03 THEN 1 ELSE 0 END,
        allowed: CASE WHEN deferred OR stuck AND u(h, 'long extension') < 0.85 THEN 25 WHEN NOT joint THEN days + 5 * extended
            WHEN u(h, 'scale') < 0.4 THEN 7 + CASE extended WHEN 0 THEN 0 WHEN 1 THEN 8 ELSE 13 END
            WHEN u(h, 'scale') < 0.8 THEN 10 + 5 * extended ELSE 15 + 5 * extended END
    FROM placed d CROSS JOIN given g JOIN town_levels l ON l.town = d.town
),
-- the first clocks: taken in, signed for within two working hours, the caller answered
answered AS (
    SELECT d.*, n.late AS unit_late, n.pace AS unit_pace, n.burst,
        accepted: registered + CASE WHEN pressing THEN 12 + 30 * spread(h, 'accept', 0.4)
            ELSE 90 + 540 * spread(h, 'accept', 0.5) END::BIGINT,
        moment: accepted - d.day * 86400,
        sign_due: CASE WHEN pressing THEN accepted + 900 WHEN NOT c.working OR moment > 55800 THEN c.after * 86400 + 37800
            WHEN moment < 30600 THEN d.day * 86400 + 37800 ELSE accepted + 7200 END,
        signed: CASE WHEN u(h, 'unsigned') < unsigned THEN sign_due + 5400 * spread(h, 'sign late', 0.7)
            WHEN pressing THEN accepted + 25 + 60 * u(h, 'sign')
            ELSE sign_due - 60 - least(7000 * u(h, 'sign'), sign_due - accepted - 90) END::BIGINT,
        respond_due: accepted + CASE WHEN pressing THEN 7200 ELSE 86400 END,
        responded: CASE WHEN u(h, 'silent') < silent THEN respond_due + 18000 * spread(h, 'answer late', 0.6)
            WHEN pressing THEN registered + least(60 * first_minutes * spread(h, 'answer', 0.45), 7000)
            ELSE accepted + 600 + 84000 * u(h, 'answer') ^ 2.4 END::BIGINT,
        morning: 30600 - responded % 86400,
        awake: CASE WHEN pressing OR morning < 0 THEN responded
            ELSE least(responded + morning + (5400 * u(h, 'morning'))::BIGINT, greatest(responded, respond_due - 60)) END,
        due: CASE WHEN pressing THEN registered + 86400 ELSE e.due_day * 86400 + 61200 END
    FROM assigned d JOIN clocks c ON c.day = d.day JOIN units n ON n.name = d.unit
    JOIN deadlines e ON e.day = d.day AND e.allowed = d.allowed
),
-- the outcome, and the raw moment of closing
finished AS (
    SELECT d.*,
        outcome: u(h, 'outcome'),
        late_share: late * unit_late * CASE WHEN joint THEN 1.35 WHEN pressing THEN 0.4 ELSE 0.95 END * if(stuck_share > 0, 2.5, 1),
        fate: CASE WHEN u(h, 'fate') > 0.040 THEN 'done' WHEN u(h, 'fate') > 0.030 THEN 'refused'
            WHEN u(h, 'fate') > 0.018 THEN 'returned' WHEN u(h, 'fate') > 0.010 THEN 'void' ELSE 'merged' END,
        ending: CASE
            WHEN fate <> 'done' THEN 'dismissed'
            WHEN stuck THEN 'stuck'
            WHEN outcome < 0.00016 AND kind <> 'message' AND NOT pressing THEN 'forgotten'
            WHEN outcome < 0.0042 AND NOT pressing THEN 'long'
            WHEN outcome < 0.0042 + late_share THEN 'late'
            WHEN burst AND NOT pressing THEN 'burst' ELSE 'in time' END,
        raw: CASE ending
            WHEN 'dismissed' THEN accepted + 60 + 14400 * spread(h, 'end', 0.6)
            WHEN 'stuck' THEN due + 86400 * 90
            WHEN 'forgotten' THEN due + 86400 * (120 + 150 * u(h, 'end') ^ 0.6)
            -- a website message left for three months is a veto of its own
            WHEN 'long' THEN due + 86400 * (2 + least(18 * spread(h, 'end', 0.75), if(kind = 'message', 40, 300)))
            WHEN 'late' THEN due + if(pressing, 14400 * spread(h, 'end', 0.7), 57600 + 64800 * spread(h, 'end', 0.6))
            WHEN 'burst' THEN due - 60 - 10600 * u(h, 'end') ^ 1.6
            ELSE CASE WHEN pressing THEN registered + least(60 * urgent_minutes * spread(h, 'end', 0.4), 80000)
                ELSE registered + (due - registered) * u(h, 'end') ^ (pace * unit_pace) END END::BIGINT
    FROM answered d
),
-- people close cases in working hours, and fewer at weekends; a case that is closed at once takes minutes to hours
closed AS (
    SELECT d.*,
        on_day: coalesce(CASE WHEN u(h, 'weekend') < 0.7 THEN c.this END, raw // 86400),
        shift: on_day * 86400 + 30600 + (29400 * u(h, 'hour'))::BIGINT,
        closing: CASE WHEN pressing OR burst AND ending = 'burst' THEN raw
            WHEN shift > signed AND (ending <> 'in time' OR shift < due) THEN shift
            ELSE least(signed + 600 + (9000 * u(h, 'hour'))::BIGINT, due - 60) END,
        ended: greatest(closing, registered + 120)
    FROM finished d LEFT JOIN clocks c ON c.day = d.raw // 86400
),
-- what is known at the cutoff
known AS (
    SELECT d.*,
        open: ended >= g.cutoff, done: NOT open AND fate = 'done',
        took: CASE WHEN accepted < g.cutoff THEN least(accepted, ended) END,
        sign: CASE WHEN least(signed, ended) < g.cutoff THEN least(signed, ended) END,
        answer: CASE WHEN least(awake, ended) < g.cutoff THEN least(awake, ended) END,
        pushed: CASE WHEN g.pushes > 0 AND u(h, 'pushed') < g.pushes THEN registered + 1 + (8 * u(h, 'push'))::BIGINT END,
        arrived: least(pushed + (g.delay * spread(h, 'delivery', 0.4))::BIGINT, took),
        done_at: CASE WHEN NOT open THEN ended END,
        called: done AND u(h, 'called') < 0.75, spoke: called AND u(h, 'called') < 0.60,
        solves: spoke AND u(h, 'solved') < solved,
        pleased: spoke AND u(h, 'pleased') < 1 - if(solves, 0.45, 5.5) * (1 - satisfied)
    FROM closed d CROSS JOIN given g
)
SELECT key: d.serial, d.kind, d.area, d.lon, d.lat, d.place, d.unit,
    co_units: CASE WHEN d.joint THEN g.partners[1 + floor(u(h, 'partner') * len(g.partners))::INTEGER] END,
    d.channel, d.category, d.subcategory, d.urgency,
    registered_at: time_of(d.registered), pushed_at: time_of(pushed), delivered_at: time_of(CASE WHEN pushed IS NOT NULL AND arrived < g.cutoff THEN arrived END),
    accepted_at: time_of(took),
    sign_due_at: time_of(d.sign_due), signed_at: time_of(sign),
    respond_due_at: time_of(d.respond_due), responded_at: time_of(answer),
    due_at: time_of(d.due), due_calendar: if(d.pressing, 'natural', 'workday'), closed_at: time_of(done_at),
    close_kind: CASE WHEN NOT open THEN fate END,
    d.deferred, extended: d.extended::SMALLINT,
    returned: if(u(h, 'bounced') < d.returned, if(u(h, 'bounced again') < 0.12, 2, 1), 0)::SMALLINT,
    reworked: (CASE WHEN done THEN if(u(h, 'rework') < d.reworked, if(u(h, 'rework again') < 0.1, 2, 1), 0) END)::SMALLINT,
    reason: CASE WHEN spoke AND NOT pleased THEN (['未实际解决', '办理超时', '答复与事实不符', '未与本人联系', '推诿扯皮', '对政策不理解'])[
        1 + floor(u(h, 'reason') ^ 1.6 * 6)::INTEGER] END,
    reached: CASE WHEN called THEN spoke END, solved: CASE WHEN spoke THEN solves END,
    satisfied: CASE WHEN spoke THEN pleased END,
    -- communities rate the unit that came on a whistle, callers how they were treated
    rating: (CASE WHEN d.kind = 'whistle' THEN if(done,
            CASE WHEN u(h, 'by default') < 0.1 THEN 5 WHEN d.unit = g.unwelcome_unit THEN 1 + floor(u(h, 'stars') * 3)
            ELSE 5 - floor(u(h, 'stars') ^ 2 * 2.4) END, NULL)
        WHEN spoke AND u(h, 'rated') < 0.5 THEN
        if(pleased, 5 - floor(u(h, 'stars') ^ 2 * 2.4), 1 + floor(u(h, 'stars') * 2)) END)::TINYINT,
    rating_default: CASE WHEN d.kind = 'whistle' AND done THEN u(h, 'by default') < 0.1 END,
    complexity: CASE WHEN d.joint THEN 'joint' ELSE 'simple' END,
    self_found: d.channel IN ('网格员上报', '采集员上报', '视频识别', '视频巡查', '日常巡查', '水雨情监测'),
    title: if(d.channel = '电话' AND u(h, 'phone') < g.phones,
        w.title || '，联系电话' || (13800000000 + floor(u(h, 'digits') * 10000)::BIGINT), w.title),
    description: CASE WHEN d.registered >= g.logged THEN
        CASE WHEN d.channel IN ('电话', '微信', '手机应用', '一键呼叫') THEN '来电人反映：' WHEN g.stream = 'web'
            THEN '网民留言反映：' WHEN d.channel IN ('群众上报', '市民上报') THEN '群众反映：' ELSE '巡查发现：' END
        || d.place || w.title || '，' || (['已持续一周左右', '近几天较为明显', '此前处理过但又出现', '早晚时段最为突出'])[1 + floor(u(h, 'since') * 4)::INTEGER]
        || '，' || (['影响周边居民通行', '影响日常生活', '存在安全隐患', '附近居民多次反映'])[1 + floor(u(h, 'effect') * 4)::INTEGER]
        || '，请' || d.unit || '核实处理并答复。' END,
    asset: CASE WHEN d.kind = 'message' THEN g.sites[1 + floor(u(spot, 'site') * len(g.sites))::INTEGER] END,
    reporter: CASE WHEN g.stream = 'web' THEN 'user-' || (spot % 10000000000) END,
    updated_at: time_of(greatest(d.registered, pushed, took, sign, answer, done_at))
FROM known d CROSS JOIN given g
JOIN titles w ON w.topic = d.topic AND w.variant = floor(u(d.h, 'title') * 3)::INTEGER
