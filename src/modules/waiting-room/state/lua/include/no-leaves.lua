-- no-leaves.lua: instead of leaves.lua where no transparency log is kept (TRANSPARENCY=off).
local function addLeaf() end
local function addIssue() end
local function addAdmission() end
local function addBits() end
local function appendLeaves() end
local function addWholeState() end
