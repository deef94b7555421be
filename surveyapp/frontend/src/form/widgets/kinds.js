// Which control a question gets. What is not known here is a plain control, never an error.
import { has } from '../pages.js'
import AcknowledgeBox from './AcknowledgeBox.vue'
import BarcodeInput from './BarcodeInput.vue'
import DateInput from './DateInput.vue'
import GeoLine from './GeoLine.vue'
import GeoPoint from './GeoPoint.vue'
import LikertScale from './LikertScale.vue'
import NumberInput from './NumberInput.vue'
import PartialDate from './PartialDate.vue'
import RangeInput from './RangeInput.vue'
import RankList from './RankList.vue'
import ReadOnly from './ReadOnly.vue'
import SelectChoices from './SelectChoices.vue'
import SelectMenu from './SelectMenu.vue'
import SelectRow from './SelectRow.vue'
import TextInput from './TextInput.vue'
import FileUpload from './FileUpload.vue'

// More choices than this do not go well into a phone's own menu.
const MENU_CHOICES = 60

const INPUTS = {
  int: NumberInput,
  decimal: NumberInput,
  time: DateInput,
  dateTime: DateInput,
  geopoint: GeoPoint,
  geotrace: GeoLine,
  geoshape: GeoLine,
  barcode: BarcodeInput,
}

// Controls of one box, which a <label> can name; the others are groups with a <legend>.
const SINGLE = new Set([NumberInput, TextInput, SelectMenu])

/** `{component, single}` for a question; a component of null draws nothing but its texts. */
export function controlOf(node) {
  const component = componentOf(node)
  const single = SINGLE.has(component) || (component === DateInput && !has(node, 'month-year') && !has(node, 'year'))
  return { component, single }
}

function componentOf(node) {
  switch (node.nodeType) {
    case 'note':
      return node.currentState.instanceValue ? ReadOnly : null
    case 'input':
      return inputOf(node)
    case 'select':
      return selectOf(node)
    case 'range':
      return RangeInput
    case 'rank':
      return RankList
    case 'trigger':
      return AcknowledgeBox
    case 'upload':
      return FileUpload
    default:
      return ReadOnly
  }
}

function inputOf(node) {
  if (node.currentState.readonly) return ReadOnly
  if (node.valueType === 'date') return has(node, 'month-year') || has(node, 'year') ? PartialDate : DateInput
  return INPUTS[node.valueType] ?? TextInput
}

function selectOf(node) {
  if (has(node, 'label') || has(node, 'list-nolabel')) return SelectRow
  if (node.selectType !== 'select1') return SelectChoices
  if (has(node, 'likert')) return LikertScale
  const foldable = has(node, 'minimal') || has(node, 'picker')
  const searched = has(node, 'autocomplete') || [...node.appearances].some((word) => word.startsWith('search'))
  return foldable && !searched && node.currentState.valueOptions.length <= MENU_CHOICES ? SelectMenu : SelectChoices
}
